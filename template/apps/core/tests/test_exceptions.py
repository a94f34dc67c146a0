"""Tests of the error responses of views."""

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
from rest_framework.views import APIView

from apps.core import error_views, exceptions
from apps.users.authentication import TokenAuthentication
from apps.users.models import User
from config.urls import handler400, handler403, handler404, handler500, urlpatterns
from tests.client import APITestClient, error_codes

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
        """Raise the exception."""
        raise RAISED[name]


class EchoSerializer(serializers.Serializer[Any]):
    """A body with nested rows and a list."""

    class RowSerializer(serializers.Serializer[Any]):
        """A nested row."""

        name = serializers.CharField()

        @override
        def validate(self, attrs: Any) -> Any:
            """Reject one name."""
            if attrs["name"] == "both":
                message = "Not this one."
                raise serializers.ValidationError(message)
            return attrs

    rows = RowSerializer(many=True)
    tags = serializers.ListField(child=serializers.IntegerField())


class EchoView(APIView):
    """Validates a nested body."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def post(self, request: "Request") -> Response:
        """Validate the body."""
        serializer = EchoSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Response(serializer.data)


def raising_django_view(_request: "HttpRequest", name: str) -> "HttpResponse":
    """Raise the exception named in the URL, outside REST framework."""
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
def lenient_client() -> APITestClient:
    """Return a client that gets error responses instead of the exceptions of views."""
    return APITestClient(raise_request_exception=False)


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
def test_exception_of_a_view_becomes_an_error_response(
    lenient_client: APITestClient, name: str, status: HTTPStatus, kind: str, code: str
) -> None:
    response = lenient_client.get(f"/api/raise/{name}/", expected_status=status)

    assert response.json()["type"] == kind
    assert [error["code"] for error in response.json()["errors"]] == [code]
    assert "secret" not in response.content.decode().replace("secret-free", "")


def test_nested_fields_are_named_by_their_path(lenient_client: APITestClient) -> None:
    sparse = lenient_client.get("/api/raise/drf-validation/")
    nested = lenient_client.post(
        "/api/echo/",
        {"rows": [{"name": "ok"}, {}, {"name": "both"}], "tags": [1, "x"]},
    )

    assert error_codes(sparse) == [("invalid", "items.1.name")]
    assert error_codes(nested) == [
        ("required", "rows.1.name"),
        ("invalid", "rows.2"),
        ("invalid", "tags.1"),
    ]


def test_body_that_is_not_an_object_is_invalid(lenient_client: APITestClient) -> None:
    assert error_codes(lenient_client.post("/api/echo/", [1])) == [("invalid", None)]


def test_authentication_error_names_the_scheme(lenient_client: APITestClient) -> None:
    response = lenient_client.get("/api/raise/authentication/")

    assert response["WWW-Authenticate"] == TokenAuthentication.keyword


def test_method_that_a_view_lacks_is_rejected(lenient_client: APITestClient) -> None:
    response = lenient_client.delete(
        "/api/echo/", expected_status=HTTPStatus.METHOD_NOT_ALLOWED
    )

    assert error_codes(response) == [("method_not_allowed", None)]


def test_body_of_another_media_type_is_rejected(lenient_client: APITestClient) -> None:
    response = lenient_client.post(
        "/api/echo/",
        "a=b",
        content_type="text/plain",
        expected_status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    )

    assert error_codes(response) == [("unsupported_media_type", None)]


def test_client_has_to_accept_json(lenient_client: APITestClient) -> None:
    response = lenient_client.get(
        "/api/raise/app/",
        headers={"Accept": "text/html"},
        expected_status=HTTPStatus.NOT_ACCEPTABLE,
    )

    assert error_codes(response) == [("not_acceptable", None)]


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
def test_unknown_endpoint_is_not_found(
    lenient_client: APITestClient,
    settings: "Settings",
    method: str,
    debug: object,
) -> None:
    settings.DEBUG = bool(debug)

    response = getattr(lenient_client, method)(
        "/api/v1/nothing/here", expected_status=HTTPStatus.NOT_FOUND
    )

    assert error_codes(response) == [("not_found", None)]


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("suspicious", HTTPStatus.BAD_REQUEST),
        ("permission", HTTPStatus.FORBIDDEN),
        ("http404", HTTPStatus.NOT_FOUND),
        ("unexpected", HTTPStatus.INTERNAL_SERVER_ERROR),
    ],
)
def test_exception_of_a_django_view_is_json_below_api_and_html_elsewhere(
    lenient_client: APITestClient, name: str, status: HTTPStatus
) -> None:
    below_api = lenient_client.get(f"/api/django/{name}/", expected_status=status)
    page = lenient_client.get(f"/page/{name}/", expected_status=status)

    assert below_api.json()["errors"][0]["attr"] is None
    assert page["Content-Type"].startswith("text/html")
    assert "secret" not in (below_api.content + page.content).decode()


def test_csrf_failure_is_json_below_api_and_html_elsewhere(
    rf: "RequestFactory",
) -> None:
    below_api = error_views.csrf_failure(rf.post("/api/echo/"), "No cookie.")
    page = error_views.csrf_failure(rf.post("/admin/"), "No cookie.")

    assert json.loads(below_api.content)["errors"][0]["code"] == "permission_denied"
    assert page["Content-Type"].startswith("text/html")
    assert below_api.status_code == page.status_code == HTTPStatus.FORBIDDEN
