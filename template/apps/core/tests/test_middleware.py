"""Tests of the request ID and of the request log."""

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest
from asgiref.sync import async_to_sync
from django.urls import reverse

from apps.users.tests.factories import UserFactory

if TYPE_CHECKING:
    from django.test import AsyncClient, Client

    from apps.users.models import User
    from tests.client import APITestClient

pytestmark = pytest.mark.django_db


def logged_request(caplog: pytest.LogCaptureFixture) -> dict[str, Any]:
    """Return the attributes of the only record in the request log."""
    (record,) = (record for record in caplog.records if record.msg == "request")
    return vars(record)


def test_every_response_has_its_own_request_id(client: "Client") -> None:
    first = client.get("/api/health/live/")["X-Request-ID"]
    second = client.get("/api/health/live/")["X-Request-ID"]

    assert first != second


def test_request_id_of_the_client_is_kept(client: "Client") -> None:
    response = client.get("/api/health/live/", HTTP_X_REQUEST_ID="abc-1.2_3")

    assert response["X-Request-ID"] == "abc-1.2_3"


@pytest.mark.parametrize("bad", ["a\tb", "a b", "é", "x" * 65, "<script>"])
def test_invalid_request_id_is_replaced(client: "Client", bad: str) -> None:
    response = client.get("/api/health/live/", HTTP_X_REQUEST_ID=bad)

    assert response["X-Request-ID"] != bad


def test_request_is_logged_without_its_query(
    user_client: "APITestClient", user: "User", caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        user_client.get(reverse("me"), {"code": "query-value"})

    record = logged_request(caplog)
    assert record["method"] == "GET"
    assert record["path"] == reverse("me")
    assert record["status"] == HTTPStatus.OK
    assert record["user_id"] == str(user.pk)
    assert record["duration_ms"] > 0
    assert "query-value" not in caplog.text


def test_log_does_not_load_the_session_if_the_view_does_not(
    client: "Client", caplog: pytest.LogCaptureFixture
) -> None:
    client.force_login(UserFactory.create())

    with caplog.at_level(logging.INFO):
        client.get("/nothing/")

    assert logged_request(caplog)["user_id"] is None


def test_async_request_is_logged(
    async_client: "AsyncClient", caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        response = async_to_sync(async_client.get)("/nothing/")

    assert response["X-Request-ID"]
    assert logged_request(caplog)["path"] == "/nothing/"
