"""Tests of the middleware."""

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
from asgiref.sync import async_to_sync
from django.urls import reverse

from apps.users.tests.factories import UserFactory

if TYPE_CHECKING:
    from django.test import AsyncClient, Client
    from rest_framework.test import APIClient

    from apps.users.models import User

pytestmark = pytest.mark.django_db


def test_request_id_is_made(client: "Client") -> None:
    first = client.get("/api/health/live/")["X-Request-ID"]
    second = client.get("/api/health/live/")["X-Request-ID"]

    assert first != second


def test_request_id_is_accepted(client: "Client") -> None:
    response = client.get("/api/health/live/", HTTP_X_REQUEST_ID="abc-1.2_3")

    assert response["X-Request-ID"] == "abc-1.2_3"


@pytest.mark.parametrize("bad", ["a\tb", "a b", "é", "x" * 65, "<script>"])
def test_bad_request_id_is_replaced(client: "Client", bad: str) -> None:
    response = client.get("/api/health/live/", HTTP_X_REQUEST_ID=bad)

    assert response["X-Request-ID"] != bad


def test_request_is_logged_without_its_query(
    user_client: "APIClient", user: "User", caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        user_client.get(reverse("me"), {"code": "query-value"})

    (record,) = (line for line in caplog.records if line.msg == "request")
    line = vars(record)
    assert (line["method"], line["path"]) == ("GET", reverse("me"))
    assert (line["status"], line["user_id"]) == (HTTPStatus.OK, str(user.pk))
    assert line["duration_ms"] > 0
    assert "query-value" not in caplog.text


def test_session_of_a_view_that_asks_for_no_user_is_not_loaded(
    client: "Client", caplog: pytest.LogCaptureFixture
) -> None:
    client.force_login(UserFactory.create())

    with caplog.at_level(logging.INFO):
        client.get("/nothing/")

    (record,) = (line for line in caplog.records if line.msg == "request")
    assert vars(record)["user_id"] is None


def test_request_on_the_event_loop(
    async_client: "AsyncClient", caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        response = async_to_sync(async_client.get)("/nothing/")

    assert response["X-Request-ID"]
    assert "request" in [record.msg for record in caplog.records]
