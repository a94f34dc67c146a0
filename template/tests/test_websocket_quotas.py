"""Tests of what a user may do over all WebSockets."""

import logging
import uuid
from contextlib import AsyncExitStack
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from asgiref.sync import async_to_sync
from redis.exceptions import ConnectionError as RedisConnectionError

from apps.core.websockets import consumers, quotas
from apps.users.tests.factories import UserFactory
from tests.websockets import CloseCode, WebSocketClient, access_token, room_url

if TYPE_CHECKING:
    from pytest_django import Settings

    from apps.users.models import User

# Channels closes the database connection after each call, and a transaction with it.
pytestmark = pytest.mark.django_db(transaction=True)


def broken_redis() -> SimpleNamespace:
    """Return a cache whose Redis is down."""

    def fail(*_arguments: object) -> None:
        raise RedisConnectionError

    connection = SimpleNamespace(eval=fail, zrem=fail)
    client = SimpleNamespace(get_client=lambda: connection, make_key=str)
    return SimpleNamespace(client=client)


def websockets(user: "User", number: int) -> list[WebSocketClient]:
    """Return WebSockets of a user, each in a room of its own."""
    token = access_token(user)
    return [WebSocketClient(room_url(), token=token) for _ in range(number)]


async def codes_at_opening(
    stack: AsyncExitStack, *clients: WebSocketClient
) -> list[int]:
    """Open WebSockets in turn; return the codes of those that are closed."""
    for client in clients:
        await stack.enter_async_context(client)
    return [
        await client.wait_for_close()
        for client in clients
        if not await client.is_silent()
    ]


def test_websockets_above_the_limit_are_closed_and_the_others_stay(
    user: "User", settings: "Settings"
) -> None:
    settings.WEBSOCKET_MAX_PER_USER = 2
    first, second, third = websockets(user, 3)
    (other,) = websockets(UserFactory.create(), 1)

    async def scenario() -> None:
        async with AsyncExitStack() as stack:
            codes = await codes_at_opening(stack, first, second, third, other)
            assert codes == [CloseCode.TOO_MANY]
            await first.send({"text": "Hello"})
            assert (await first.receive())["text"] == "Hello"

    async_to_sync(scenario)()


def test_closed_websocket_makes_room_for_another(
    user: "User", settings: "Settings"
) -> None:
    settings.WEBSOCKET_MAX_PER_USER = 1
    first, second = websockets(user, 2)

    async def scenario() -> None:
        async with first:
            pass
        async with AsyncExitStack() as stack:
            assert await codes_at_opening(stack, second) == []

    async_to_sync(scenario)()


def test_messages_of_all_websockets_of_a_user_count_together(
    user: "User", settings: "Settings"
) -> None:
    # Opening counts, too.
    settings.WEBSOCKET_MESSAGES_PER_MINUTE = 4
    first, second = websockets(user, 2)
    (other,) = websockets(UserFactory.create(), 1)

    async def scenario() -> None:
        async with first, second, other:
            for client in (first, second, other):
                await client.send({"text": "Hello"})
                await client.receive()
            await second.send({"text": "Hello"})
            assert await second.wait_for_close() == CloseCode.TOO_MANY
            assert await first.is_silent()
            assert await other.is_silent()

    async_to_sync(scenario)()


def test_opening_counts_as_a_message(user: "User", settings: "Settings") -> None:
    settings.WEBSOCKET_MESSAGES_PER_MINUTE = 1
    clients = websockets(user, 2)

    async def scenario() -> None:
        async with AsyncExitStack() as stack:
            assert await codes_at_opening(stack, *clients) == [CloseCode.TOO_MANY]

    async_to_sync(scenario)()


def test_entry_expires_unless_it_is_renewed(
    settings: "Settings", monkeypatch: pytest.MonkeyPatch
) -> None:
    """A killed process discards nothing; its WebSockets must not count forever."""
    settings.WEBSOCKET_MAX_PER_USER = 1
    user = uuid.uuid4()

    async def may_stay_open(websocket: str) -> bool:
        return await quotas.keep_open(user_id=user, websocket=websocket)

    async def scenario() -> None:
        assert await may_stay_open("one")
        assert not await may_stay_open("two")
        monkeypatch.setattr(quotas, "LEASE_SECONDS", 0)
        assert await may_stay_open("one")
        assert await may_stay_open("two")

    async_to_sync(scenario)()


def test_websockets_renew_their_entries_in_time() -> None:
    assert 2 * consumers.RECHECK_SECONDS < quotas.LEASE_SECONDS


def test_nothing_is_limited_while_redis_is_down(
    user: "User",
    settings: "Settings",
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings.WEBSOCKET_MAX_PER_USER = settings.WEBSOCKET_MESSAGES_PER_MINUTE = 1
    monkeypatch.setattr(quotas, "caches", {"default": broken_redis()})
    clients = websockets(user, 2)

    async def scenario() -> None:
        async with AsyncExitStack() as stack:
            assert await codes_at_opening(stack, *clients) == []
            for client in clients:
                await client.send({"text": "Hello"})
                assert (await client.receive())["text"] == "Hello"

    with caplog.at_level(logging.WARNING):
        async_to_sync(scenario)()

    assert "WebSocket not limited: Redis is down" in caplog.messages
    assert "WebSocket not discarded: Redis is down" in caplog.messages


def test_websocket_without_an_entry_is_closed_if_the_user_has_too_many(
    user: "User", settings: "Settings", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "RECHECK_SECONDS", 0.3)
    client, *_ = websockets(user, 1)

    async def scenario() -> int:
        async with client:
            settings.WEBSOCKET_MAX_PER_USER = 0
            monkeypatch.setattr(quotas, "LEASE_SECONDS", -1)
            return await client.wait_for_close()

    assert async_to_sync(scenario)() == CloseCode.TOO_MANY
