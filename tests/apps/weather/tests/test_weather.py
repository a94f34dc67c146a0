"""Tests of the weather app."""

from http import HTTPStatus
from typing import TYPE_CHECKING, cast

import httpx
import pytest
from asgiref.sync import async_to_sync

from apps.weather import client, selectors

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import StreamingHttpResponse
    from django.test import AsyncClient

pytestmark = pytest.mark.django_db(transaction=True)

type Answer = Callable[[httpx.Request], httpx.Response]


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> "Callable[[Answer], None]":
    """Replace the responses of the forecast service."""

    def use(answer: "Answer") -> None:
        transport = httpx.MockTransport(answer)
        made = httpx.AsyncClient(transport=transport, base_url=client.BASE_URL)
        monkeypatch.setattr(client, "make_client", lambda: made)

    return use


def get(async_client: "AsyncClient", path: str) -> tuple[int, str]:
    """Send a request to the API."""

    async def ask() -> tuple[int, str]:
        response = await async_client.get(path)
        if not response.streaming:
            return response.status_code, response.content.decode()
        streamed = cast("StreamingHttpResponse", response)
        content = b"".join([part async for part in streamed])
        return response.status_code, content.decode()

    return async_to_sync(ask)()


def test_shows_and_counts(
    async_client: "AsyncClient", answers: "Callable[[Answer], None]"
) -> None:
    answers(lambda _request: httpx.Response(200, json={"degrees": 21}))

    status, content = get(async_client, "/api/v1/weather/rome/")

    assert status == HTTPStatus.OK
    assert '"degrees": 21.0' in content
    assert async_to_sync(selectors.is_known)(name="rome")
    assert get(async_client, "/api/v1/weather/") == (HTTPStatus.OK, "rome\n1\n")


def test_a_service_that_is_down_answers_503(
    async_client: "AsyncClient", answers: "Callable[[Answer], None]"
) -> None:
    answers(lambda _request: httpx.Response(503))

    status, content = get(async_client, "/api/v1/weather/rome/")

    assert status == HTTPStatus.NOT_FOUND
    assert '"type": "client_error"' in content


def test_the_client_knows_where_to_ask() -> None:
    assert str(client.make_client().base_url) == client.BASE_URL
