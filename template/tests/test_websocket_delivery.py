"""Tests of WebSockets whose client does not read, and of re-checks behind messages."""

import asyncio
from typing import TYPE_CHECKING, Any, override

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from channels.layers import channel_layers

from apps.core.websockets import consumers, groups, logged
from apps.users import services
from apps.users.models import AuthSession
from tests.websockets import CloseCode, WebSocketClient, access_token, room_url

if TYPE_CHECKING:
    from apps.users.models import User

# Channels closes the database connection after each call, and a transaction with it.
pytestmark = pytest.mark.django_db(transaction=True)


class UnreadWebSocketClient(WebSocketClient):
    """A client that reads nothing after the WebSocket has opened."""

    @override
    async def put(self, event: dict[str, Any]) -> None:
        """Wait forever, as a server does whose buffers are full."""
        if event["type"] == "websocket.accept":
            await super().put(event)
        else:
            await asyncio.Event().wait()


@pytest.fixture
def unread(user: "User") -> UnreadWebSocketClient:
    """A WebSocket of `user` whose client does not read, not yet open."""
    return UnreadWebSocketClient(room_url(), token=access_token(user))


@pytest.fixture(autouse=True)
def _short_close(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less for a client that does not read."""
    monkeypatch.setattr(logged, "CLOSE_SECONDS", 0.05)


async def log_out() -> None:
    """End the only session."""
    session = await AuthSession.objects.aget()
    await sync_to_async(services.logout)(session=session)


def codes(caplog: pytest.LogCaptureFixture) -> list[int]:
    """Return the close codes in the log records of WebSockets."""
    return [
        vars(record)["code"] for record in caplog.records if record.msg == "websocket"
    ]


def test_client_that_does_not_read_is_disconnected_and_delays_nobody(
    unread: UnreadWebSocketClient,
    user: "User",
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(consumers, "SEND_SECONDS", 1)
    reader = WebSocketClient(unread.path, token=access_token(user))

    async def scenario() -> None:
        async with reader, unread:
            await reader.send({"text": "Hello"})
            async with asyncio.timeout(0.8):
                await reader.receive()
            async with asyncio.timeout(3):
                await unread.server
            assert await reader.is_silent()

    with caplog.at_level("INFO"):
        async_to_sync(scenario)()

    assert CloseCode.TOO_SLOW in codes(caplog)


def test_logging_out_disconnects_a_client_that_does_not_read(
    unread: UnreadWebSocketClient, user: "User", caplog: pytest.LogCaptureFixture
) -> None:
    group = groups.user_group(user.pk)

    async def scenario() -> None:
        async with unread:
            await groups.send(group=group, message={})
            await log_out()
            async with asyncio.timeout(2):
                await unread.server

    with caplog.at_level("INFO"):
        async_to_sync(scenario)()

    assert codes(caplog) == [CloseCode.UNAUTHENTICATED]


def test_logging_out_does_not_wait_behind_messages(
    user: "User", monkeypatch: pytest.MonkeyPatch
) -> None:
    client = WebSocketClient(room_url(), token=access_token(user))

    async def stuck(_channel: str) -> None:
        await asyncio.Event().wait()

    async def scenario() -> int:
        monkeypatch.setattr(channel_layers["default"], "receive", stuck)
        async with client:
            await log_out()
            return await client.wait_for_close()

    assert async_to_sync(scenario)() == CloseCode.UNAUTHENTICATED


def test_session_that_ends_while_the_websocket_opens_closes_it(
    user: "User", monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its re-check was sent before the WebSocket joined the group."""
    client = WebSocketClient(room_url(), token=access_token(user))
    layer = channel_layers[groups.CONTROL_LAYER]
    join = layer.group_add

    async def end_session(group: str, channel: str) -> None:
        await AuthSession.objects.all().adelete()
        await join(group, channel)

    monkeypatch.setattr(layer, "group_add", end_session)

    async def scenario() -> int:
        async with client:
            return await client.wait_for_close()

    assert async_to_sync(scenario)() == CloseCode.UNAUTHENTICATED
