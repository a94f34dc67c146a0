"""Tests of the error envelope."""

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, override

import pytest
from django.core.exceptions import (
    PermissionDenied,
    SuspiciousOperation,
    ValidationError,
)
from django.db import IntegrityError
from django.http import Http404
from django.urls import path
from rest_framework import exceptions as drf, serializers
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.test import APIClient
from rest_framework.views import APIView

from apps.core import exceptions
from apps.users.authentication import TokenAuthentication
from apps.users.models import User
from config.urls import handler400, handler403, handler404, handler500, urlpatterns

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.test import RequestFactory
    from pytest_django import Settings
    from rest_framework.request import Request

RAISED: dict[str, Exception] = {
    "app": exceptions.AppException("No."),
    "authentication": exceptions.AuthenticationError(),
    "forbidden": exceptions.ForbiddenError(),
    "not-found": exceptions.NotFoundError(),
    "conflict": exceptions.ConflictError(),
    "http404": Http404("/srv/secret"),
    "deleted": User.NotUpdated("secret"),
    "permission": PermissionDenied("/srv/secret"),
    "django-validation": ValidationError({"email": ["Taken."]}),
    "drf-validation": drf.ValidationError({"items": [{}, {"name": ["Too long."]}]}),
    "integrity": IntegrityError("UNIQUE constraint failed: secret"),
    "unexpected": RuntimeError("secret"),
    "suspicious": SuspiciousOperation("secret"),
    "unavailable": drf.APIException("secret-free"),
}


class RaisingView(APIView):
    """Raises the exception named in the URL."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def get(self, _request: "Request", name: str) -> Response:
        """Raise."""
        raise RAISED[name]


class EchoSerializer(serializers.Serializer[Any]):
    """A nested body."""

    class RowSerializer(serializers.Serializer[Any]):
        """A row of the body."""

        name = serializers.CharField()

        @override
        def validate(self, attrs: Any) -> Any:
            """Refuse one name."""
            if attrs["name"] == "both":
                message = "Not this one."
                raise serializers.ValidationError(message)
            return attrs

    rows = RowSerializer(many=True)
    tags = serializers.ListField(child=serializers.IntegerField())


class EchoView(APIView):
    """Checks a nested body."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def post(self, request: "Request") -> Response:
        """Check the body."""
        serializer = EchoSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Response(serializer.data)


def raising_django_view(_request: "HttpRequest", name: str) -> "HttpResponse":
    """Raise outside REST framework."""
    raise RAISED[name]


urlpatterns = [
    path("api/raise/<name>/", RaisingView.as_view()),
    path("api/echo/", EchoView.as_view()),
    path("api/django/<name>/", raising_django_view),
    path("page/<name>/", raising_django_view),
    *urlpatterns,
]
handlers = (handler400, handler403, handler404, handler500)

pytestmark = pytest.mark.urls(__name__)


@pytest.fixture
def lenient_client() -> APIClient:
    """A client that answers an unexpected exception with the response to it."""
    return APIClient(raise_request_exception=False)


def errors(response: "HttpResponse") -> list[tuple[str, str | None]]:
    """List the code and the field of each error in a response."""
    found = json.loads(response.content)["errors"]
    return [(error["code"], error["attr"]) for error in found]


@pytest.mark.parametrize(
    ("name", "status", "kind", "code"),
    [
        ("app", HTTPStatus.BAD_REQUEST, "client_error", "error"),
        (
            "authentication",
            HTTPStatus.UNAUTHORIZED,
            "client_error",
            "authentication_failed",
        ),
        ("forbidden", HTTPStatus.FORBIDDEN, "client_error", "forbidden"),
        ("not-found", HTTPStatus.NOT_FOUND, "client_error", "not_found"),
        ("conflict", HTTPStatus.CONFLICT, "client_error", "conflict"),
        ("http404", HTTPStatus.NOT_FOUND, "client_error", "not_found"),
        ("deleted", HTTPStatus.NOT_FOUND, "client_error", "not_found"),
        ("permission", HTTPStatus.FORBIDDEN, "client_error", "permission_denied"),
        ("django-validation", HTTPStatus.BAD_REQUEST, "validation_error", "invalid"),
        ("integrity", HTTPStatus.CONFLICT, "client_error", "conflict"),
        ("unexpected", HTTPStatus.INTERNAL_SERVER_ERROR, "server_error", "error"),
        ("suspicious", HTTPStatus.BAD_REQUEST, "client_error", "bad_request"),
        ("unavailable", HTTPStatus.INTERNAL_SERVER_ERROR, "server_error", "error"),
    ],
)
def test_exceptions_of_views(
    lenient_client: APIClient, name: str, status: HTTPStatus, kind: str, code: str
) -> None:
    response = lenient_client.get(f"/api/raise/{name}/")

    assert response.status_code == status
    assert response.json()["type"] == kind
    assert [error["code"] for error in response.json()["errors"]] == [code]
    assert "secret" not in response.content.decode().replace("secret-free", "")


def test_fields_are_named_by_path(lenient_client: APIClient) -> None:
    sparse = lenient_client.get("/api/raise/drf-validation/")
    nested = lenient_client.post(
        "/api/echo/",
        {"rows": [{"name": "ok"}, {}, {"name": "both"}], "tags": [1, "x"]},
    )

    assert errors(sparse) == [("invalid", "items.1.name")]
    assert errors(nested) == [
        ("required", "rows.1.name"),
        ("invalid", "rows.2"),
        ("invalid", "tags.1"),
    ]


def test_body_that_is_no_object(lenient_client: APIClient) -> None:
    assert errors(lenient_client.post("/api/echo/", [1])) == [("invalid", None)]


def test_authentication_error_names_the_scheme(lenient_client: APIClient) -> None:
    response = lenient_client.get("/api/raise/authentication/")

    assert response["WWW-Authenticate"] == TokenAuthentication.keyword


def test_method_media_type_and_format(lenient_client: APIClient) -> None:
    method = lenient_client.delete("/api/echo/")
    media_type = lenient_client.generic("POST", "/api/echo/", "a=b", "text/plain")
    accept = lenient_client.get("/api/raise/app/", HTTP_ACCEPT="text/html")

    assert method.status_code == HTTPStatus.METHOD_NOT_ALLOWED
    assert errors(method) == [("method_not_allowed", None)]
    assert media_type.status_code == HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    assert errors(media_type) == [("unsupported_media_type", None)]
    assert accept.status_code == HTTPStatus.NOT_ACCEPTABLE
    assert errors(accept) == [("not_acceptable", None)]


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
def test_unknown_endpoint(
    lenient_client: APIClient,
    settings: "Settings",
    method: str,
    debug: object,
) -> None:
    settings.DEBUG = bool(debug)

    response = getattr(lenient_client, method)("/api/v1/nothing/here")

    assert response.status_code == HTTPStatus.NOT_FOUND
    assert errors(response) == [("not_found", None)]


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("suspicious", HTTPStatus.BAD_REQUEST),
        ("permission", HTTPStatus.FORBIDDEN),
        ("http404", HTTPStatus.NOT_FOUND),
        ("unexpected", HTTPStatus.INTERNAL_SERVER_ERROR),
    ],
)
def test_exceptions_of_django_views(
    lenient_client: APIClient, name: str, status: HTTPStatus
) -> None:
    below_api = lenient_client.get(f"/api/django/{name}/")
    page = lenient_client.get(f"/page/{name}/")

    assert below_api.status_code == page.status_code == status
    assert below_api.json()["errors"][0]["attr"] is None
    assert page["Content-Type"].startswith("text/html")
    assert "secret" not in (below_api.content + page.content).decode()


def test_csrf_failure(rf: "RequestFactory") -> None:
    below_api = exceptions.csrf_failure(rf.post("/api/echo/"), "No cookie.")
    page = exceptions.csrf_failure(rf.post("/admin/"), "No cookie.")

    assert json.loads(below_api.content)["errors"][0]["code"] == "permission_denied"
    assert page["Content-Type"].startswith("text/html")
    assert below_api.status_code == page.status_code == HTTPStatus.FORBIDDEN
