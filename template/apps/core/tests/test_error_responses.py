"""Tests that every error below `/api/` has the documented shape."""

import json
import re
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
from django.urls import URLResolver, get_resolver
from rest_framework.test import APIClient

from apps.users.tests.factories import AdminFactory, UserFactory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.http import HttpResponse
    from django.urls import URLPattern

    from apps.users.models import User

pytestmark = pytest.mark.django_db

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW")
# `Accept` header, content type and body.
REQUESTS = (
    ("*/*", "application/json", "{}"),
    ("text/html", "application/json", "{}"),
    ("application/json", "application/json", "{"),
    ("x", "multipart/form-data; boundary=x", "x"),
)
KINDS = {"validation_error", "client_error", "server_error"}


def urls(
    patterns: list["URLPattern | URLResolver"], prefix: str = "/"
) -> "Iterator[str]":
    """Yield the URLs of a URL configuration; the key in them does not exist."""
    for pattern in patterns:
        path = prefix + str(pattern.pattern).lstrip("^")
        if isinstance(pattern, URLResolver):
            yield from urls(pattern.url_patterns, path)
        else:
            key = "00000000-0000-4000-8000-000000000000"
            yield re.sub(r"<[^>]+>", key, path)


def assert_error_has_the_documented_shape(
    response: "HttpResponse", method: str
) -> None:
    """Check the shape of a response that is an error."""
    assert response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR
    if response.status_code < HTTPStatus.BAD_REQUEST:
        return
    assert response["Content-Type"] == "application/json"
    if method == "HEAD":
        return
    body = json.loads(response.content)
    assert body.keys() == {"type", "errors"}
    assert body["type"] in KINDS
    assert body["errors"]
    for error in body["errors"]:
        assert error.keys() == {"code", "detail", "attr"}
        assert error["code"]
        assert error["detail"]
    if response.status_code == HTTPStatus.UNAUTHORIZED:
        assert response["WWW-Authenticate"]
    if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        assert response["Allow"]


@pytest.mark.parametrize("role", ["anonymous", "user", "admin"])
@pytest.mark.parametrize(
    "url",
    [url for url in urls(get_resolver().url_patterns) if url.startswith("/api/")],
)
def test_every_error_has_the_documented_shape(
    client_for: "Callable[[User], APIClient]", role: str, url: str
) -> None:
    factories = {"user": UserFactory, "admin": AdminFactory}
    for method in METHODS:
        # A new client for each method, as a request may end the session.
        if role in factories:
            client = client_for(factories[role].create())
        else:
            client = APIClient(enforce_csrf_checks=True)
        client.raise_request_exception = False
        for accept, content_type, body in REQUESTS:
            response = client.generic(
                method, url, body, content_type, headers={"Accept": accept}
            )

            assert_error_has_the_documented_shape(response, method)
