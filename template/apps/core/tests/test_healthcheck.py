"""Tests of the health checks."""

import asyncio
import logging
import threading
import time
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
from asgiref.sync import async_to_sync
from django.db import OperationalError

from apps.core import healthcheck

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client
    from pytest_django import Settings

URL = "/api/health/"


@pytest.fixture
def hang() -> "Iterator[threading.Event]":
    """Yield an event that is set when the test ends."""
    event = threading.Event()
    yield event
    event.set()


@pytest.mark.django_db(transaction=True)
def test_all_services_are_healthy(client: "Client") -> None:
    response = client.get(URL)

    assert response.status_code == HTTPStatus.OK
    assert response.json() == {"status": "healthy", "db": "ok", "cache": "ok"}


@pytest.mark.usefixtures("_redis_down")
@pytest.mark.django_db(transaction=True)
def test_unavailable_cache_is_reported(client: "Client") -> None:
    response = client.get(URL)

    assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert response.json() == {
        "status": "unhealthy",
        "db": "ok",
        "cache": "error: unavailable",
    }


@pytest.mark.django_db(transaction=True)
def test_unavailable_database_is_reported_without_its_address(
    client: "Client", monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> bool:
        message = "connection refused by 10.0.0.1"
        raise OperationalError(message)

    monkeypatch.setattr(healthcheck.DATABASE_CHECK, "is_available", fail)

    response = client.get(URL)

    assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert response.json()["db"] == "error: unavailable"
    assert response.json()["cache"] == "ok"


@pytest.mark.django_db(transaction=True)
def test_hanging_database_is_reported_as_a_timeout(
    client: "Client", monkeypatch: pytest.MonkeyPatch, hang: threading.Event
) -> None:
    monkeypatch.setattr(healthcheck.DATABASE_CHECK, "is_available", hang.wait)
    # Long enough for the cache to answer on a busy machine.
    monkeypatch.setattr(healthcheck, "TIME_LIMIT_SECONDS", 0.5)

    for _probe in range(2):
        assert client.get(URL).json() == {
            "status": "unhealthy",
            "db": "error: timeout",
            "cache": "ok",
        }


def test_requests_that_wait_share_one_check(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    checks = []

    def fail() -> bool:
        checks.append(threading.current_thread().name)
        time.sleep(0.2)
        raise OperationalError

    monkeypatch.setattr(healthcheck.DATABASE_CHECK, "is_available", fail)

    async def probe() -> list[str]:
        leaving = asyncio.create_task(healthcheck.DATABASE_CHECK.run())
        await asyncio.sleep(0)
        leaving.cancel()
        runs = [healthcheck.DATABASE_CHECK.run() for _request in range(100)]
        return await asyncio.gather(*runs)

    results = async_to_sync(probe)()

    assert set(results) == {"error: unavailable"}
    assert checks == ["health-database_0"]
    assert [record.message for record in caplog.records] == ["Health check failed"]


def test_hanging_check_is_logged_once_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    hang: threading.Event,
) -> None:
    check = healthcheck.ServiceCheck("database", hang.wait)
    monkeypatch.setattr(healthcheck, "TIME_LIMIT_SECONDS", 0.1)

    async def probe() -> list[str]:
        return await asyncio.gather(*(check.run() for _request in range(100)))

    results = [*async_to_sync(probe)(), *async_to_sync(probe)()]

    assert set(results) == {"error: timeout"}
    assert [record.message for record in caplog.records] == ["Health check timed out"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", [URL, f"{URL}live/"])
def test_response_is_not_cached_and_its_type_not_guessed(
    client: "Client", path: str
) -> None:
    headers = client.get(path).headers

    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_liveness_does_not_depend_on_services(client: "Client") -> None:
    response = client.get(f"{URL}live/")

    assert response.status_code == HTTPStatus.OK
    assert response.json() == {"status": "alive"}


@pytest.mark.parametrize("url", [URL, f"{URL}live/"])
def test_other_methods_are_rejected(client: "Client", url: str) -> None:
    response = client.post(url)

    assert response.status_code == HTTPStatus.METHOD_NOT_ALLOWED
    assert response["Allow"] == "GET, HEAD"
    assert response.json()["errors"][0]["code"] == "method_not_allowed"


def test_probe_may_use_an_ip_address_and_plain_http(
    client: "Client", settings: "Settings"
) -> None:
    settings.ALLOWED_HOSTS = [".example.com"]
    settings.SECURE_SSL_REDIRECT = True

    response = client.get(f"{URL}live/", HTTP_HOST="10.1.2.3:8000")

    assert response.status_code == HTTPStatus.OK


def test_probe_is_not_logged(
    client: "Client", caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        client.get(f"{URL}live/")

    assert not caplog.records
