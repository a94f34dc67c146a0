"""Tests of cross-origin requests (CORS)."""

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

if TYPE_CHECKING:
    from django.http.response import ResponseHeaders
    from django.test import Client
    from pytest_django import Settings

    from tests.client import APITestClient

pytestmark = pytest.mark.django_db

APP = "https://app.example.com"
ALLOWED = "Access-Control-Allow-Origin"


@pytest.fixture(autouse=True)
def _allow_list(settings: "Settings") -> None:
    """Allow one origin."""
    settings.CORS_ALLOWED_ORIGINS = [APP]


def preflight(client: "Client", url: str, origin: str) -> "ResponseHeaders":
    """Send the preflight request of a browser and return the response headers."""
    response = client.options(
        url,
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": "PATCH",
            "Access-Control-Request-Headers": "authorization,content-type",
        },
    )
    return response.headers


def test_allowed_origin_may_call_the_api(client: "Client") -> None:
    headers = preflight(client, reverse("me"), APP)

    assert headers[ALLOWED] == APP
    assert "PATCH" in headers["Access-Control-Allow-Methods"]
    assert "authorization" in headers["Access-Control-Allow-Headers"]
    assert "origin" in headers["Vary"]
    # Other origins authenticate with tokens, never with cookies.
    assert "Access-Control-Allow-Credentials" not in headers


def test_allowed_origin_can_read_errors(client: "Client") -> None:
    response = client.get(reverse("me"), headers={"Origin": APP})

    assert response[ALLOWED] == APP


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://app.example.com",
        "https://app.example.com:8443",
        "https://app.example.com.evil.example",
        "https://evil-app.example.com",
        "https://sub.app.example.com",
        "null",
        "*",
        "",
    ],
)
def test_other_origin_may_not_call_the_api(
    client: "Client", user_client: "APITestClient", origin: str
) -> None:
    read = user_client.get(reverse("me"), headers={"Origin": origin})

    assert ALLOWED not in preflight(client, reverse("me"), origin)
    assert ALLOWED not in read.headers


def test_allowed_origin_may_not_call_the_admin(client: "Client") -> None:
    assert ALLOWED not in preflight(client, reverse("admin:login"), APP)


def test_no_origin_is_allowed_by_default(
    client: "Client", settings: "Settings"
) -> None:
    settings.CORS_ALLOWED_ORIGINS = []

    assert ALLOWED not in preflight(client, reverse("me"), APP)
