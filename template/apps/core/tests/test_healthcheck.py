"""Tests of the health checks."""

import logging
import threading
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
from django.db import OperationalError

from apps.core import healthcheck

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client
    from pytest_django import Settings

URL = "/api/health/"


@pytest.fixture
def hang() -> "Iterator[threading.Event]":
    """An event that a check waits for until the test is over."""
    event = threading.Event()
    yield event
    event.set()


@pytest.mark.django_db(transaction=True)
def test_healthy(client: "Client") -> None:
    response = client.get(URL)

    assert response.status_code == HTTPStatus.OK
    assert response.json() == {"status": "healthy", "db": "ok", "cache": "ok"}


@pytest.mark.django_db(transaction=True)
def test_cache_is_down(client: "Client", settings: "Settings") -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "django_redis.cache.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }

    response = client.get(URL)

    assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert response.json() == {
        "status": "unhealthy",
        "db": "ok",
        "cache": "error: unavailable",
    }


@pytest.mark.django_db(transaction=True)
def test_database_is_down(client: "Client", monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> bool:
        message = "connection to 10.0.0.1 refused"
        raise OperationalError(message)

    monkeypatch.setattr(healthcheck, "check_database", fail)

    response = client.get(URL)

    assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert response.json()["db"] == "error: unavailable"
    assert response.json()["cache"] == "ok"


@pytest.mark.django_db(transaction=True)
def test_database_hangs(
    client: "Client", monkeypatch: pytest.MonkeyPatch, hang: threading.Event
) -> None:
    monkeypatch.setattr(healthcheck, "check_database", hang.wait)
    # Enough for a busy machine to ask the cache.
    monkeypatch.setattr(healthcheck, "TIME_LIMIT_SECONDS", 0.5)

    answers = [client.get(URL).json() for _probe in range(2)]

    assert answers == [
        {"status": "unhealthy", "db": "error: timeout", "cache": "ok"}
    ] * len(answers)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", [URL, f"{URL}live/"])
def test_answer_is_neither_kept_nor_guessed_at(client: "Client", path: str) -> None:
    headers = client.get(path).headers

    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_live_asks_no_service(client: "Client") -> None:
    response = client.get(f"{URL}live/")

    assert response.status_code == HTTPStatus.OK
    assert response.json() == {"status": "alive"}


@pytest.mark.parametrize("url", [URL, f"{URL}live/"])
def test_other_methods_get_the_envelope(client: "Client", url: str) -> None:
    response = client.post(url)

    assert response.status_code == HTTPStatus.METHOD_NOT_ALLOWED
    assert response["Allow"] == "GET, HEAD"
    assert response.json()["errors"][0]["code"] == "method_not_allowed"


def test_probe_by_address_over_http(client: "Client", settings: "Settings") -> None:
    settings.ALLOWED_HOSTS = [".example.com"]
    settings.SECURE_SSL_REDIRECT = True

    response = client.get(f"{URL}live/", HTTP_HOST="10.1.2.3:8000")

    assert response.status_code == HTTPStatus.OK


def test_is_not_in_the_request_log(
    client: "Client", caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        client.get(f"{URL}live/")

    assert not caplog.records
