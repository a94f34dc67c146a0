"""Tests that requests of anonymous clients cannot fill the log."""

import io
import json
import logging.config
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import pytest
from django.conf import settings
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.db import DataError
from django.urls import path
from rest_framework.permissions import AllowAny
from rest_framework.views import APIView

from config.env_types import Environment
from config.logging import DEFAULT_LEVELS, build_logging
from config.urls import handler400, handler403, handler404, handler500, urlpatterns
from tests.client import APITestClient

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django import Settings
    from rest_framework.request import Request
    from rest_framework.response import Response

LINE_LENGTH: Final = 500
FORM: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/form-data; boundary=x"
PART: Final = 'Content-Disposition: form-data; name="a"; filename="a"\r\n\r\n\r\n'
RAISED: dict[str, Exception] = {
    "bad-request": BadRequest("secret"),
    "suspicious": SuspiciousOperation("secret"),
    "data": DataError(f"invalid input: {'x' * 5_000}\nLINE 1: SELECT"),
}


class RaisingView(APIView):
    """Raises the exception named in the URL."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def get(self, _request: "Request", name: str) -> "Response":
        """Raise the exception."""
        raise RAISED[name]


urlpatterns = [path("api/raise/<name>/", RaisingView.as_view()), *urlpatterns]
handlers = (handler400, handler403, handler404, handler500)

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


@pytest.fixture
def log() -> "Iterator[io.StringIO]":
    """Yield what is logged with the settings of production."""
    stream = io.StringIO()
    production = build_logging(DEFAULT_LEVELS[Environment.PRODUCTION], is_local=False)
    production["handlers"]["console"]["stream"] = stream
    logging.config.dictConfig(production)
    yield stream
    logging.config.dictConfig(settings.LOGGING)


def read_lines(log: io.StringIO) -> list[dict[str, Any]]:
    """Return the lines, which must be short and without a traceback."""
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    for line in lines:
        assert line["level"] == "warning"
        assert "exception" not in line
        assert len(json.dumps(line)) < LINE_LENGTH
    return lines


def body(url: str, content_type: str, data: str) -> dict[str, Any]:
    """Return the arguments of a request with a body."""
    return {
        "method": "POST",
        "path": url,
        "data": data,
        "content_type": content_type,
        # Any client can choose the token; Django compares it with the one in the body.
        "HTTP_COOKIE": f"csrftoken={'a' * 32}",
    }


@pytest.mark.parametrize(
    ("request_arguments", "status"),
    [
        ({"path": "/api/v1/auth/me/?" + "a&" * 1_001}, HTTPStatus.BAD_REQUEST),
        ({"path": "/api/v1/users/?" + "a&" * 1_001}, HTTPStatus.BAD_REQUEST),
        ({"path": "/admin/login/?" + "a&" * 1_001}, HTTPStatus.BAD_REQUEST),
        ({"path": "/admin/", "HTTP_HOST": "evil.example"}, HTTPStatus.BAD_REQUEST),
        (
            {"path": "/api/v1/auth/me/", "HTTP_HOST": "evil.example"},
            HTTPStatus.BAD_REQUEST,
        ),
        (
            {"path": "/admin/", "HTTP_COOKIE": r'sessionid="abcdefgh\000"'},
            HTTPStatus.FOUND,
        ),
        (
            {"path": "/api/v1/auth/me/", "HTTP_COOKIE": r'sessionid="abcdefgh\000"'},
            HTTPStatus.UNAUTHORIZED,
        ),
        (
            {"path": "/api/v1/auth/me/", "HTTP_COOKIE": r'csrftoken="abcdefgh\000"'},
            HTTPStatus.UNAUTHORIZED,
        ),
        (body("/admin/login/", FORM, "a=1&" * 1_001), HTTPStatus.BAD_REQUEST),
        (body("/admin/login/", FORM, "a" * 3_000_000), HTTPStatus.BAD_REQUEST),
        (
            body("/admin/login/", MULTIPART, f"--x\r\n{PART}" * 101 + "--x--"),
            HTTPStatus.BAD_REQUEST,
        ),
        (
            body("/admin/login/", "multipart/form-data", "--x"),
            HTTPStatus.BAD_REQUEST,
        ),
        (
            body("/api/v1/auth/login/", "application/json", "a" * 3_000_000),
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        ),
        (
            body("/api/v1/auth/login/", MULTIPART, "--x"),
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        ),
        (body("/admin/login/", FORM, "a=1"), HTTPStatus.FORBIDDEN),
        ({"path": "/api/raise/bad-request/"}, HTTPStatus.BAD_REQUEST),
        ({"path": "/api/raise/suspicious/"}, HTTPStatus.BAD_REQUEST),
        ({"path": "/api/raise/data/"}, HTTPStatus.BAD_REQUEST),
        ({"path": "/api/v1/nothing/"}, HTTPStatus.NOT_FOUND),
    ],
)
def test_rejected_request_logs_at_most_one_line_without_a_traceback(
    log: io.StringIO, request_arguments: dict[str, Any], status: HTTPStatus
) -> None:
    arguments = {"method": "GET", **request_arguments}
    method, url = arguments.pop("method"), arguments.pop("path")
    client = APITestClient(raise_request_exception=False, enforce_csrf_checks=True)

    response = client.generic(method, url, **arguments)

    assert response.status_code == status
    assert len(read_lines(log)) <= 1


@pytest.mark.parametrize("url", ["/admin/login/", "/api/v1/auth/me/", "/nothing/"])
@pytest.mark.parametrize("redirects", [False, True])
@pytest.mark.parametrize("host", ["evil.example", "a b", "", f"{'a' * 5_000}.example"])
def test_request_to_another_host_logs_one_line(
    settings: "Settings", log: io.StringIO, *, url: str, redirects: bool, host: str
) -> None:
    settings.SECURE_SSL_REDIRECT = redirects

    response = APITestClient().get(url, headers={"Host": host})

    assert response.status_code == HTTPStatus.BAD_REQUEST
    (line,) = read_lines(log)
    assert line["logger"] == "django.security.DisallowedHost"
