"""Tests of WebSocket messages: limits, Redis outages and the log."""

import logging
from typing import TYPE_CHECKING

import pytest
from asgiref.sync import async_to_sync
from channels.layers import channel_layers
from redis.exceptions import ConnectionError as RedisConnectionError

from apps.core.websockets import groups
from apps.core.websockets.consumers import AuthenticatedConsumer
from apps.core.websockets.log_filter import MALFORMED, WebSocketLogFilter
from tests.websockets import (
    CloseCode,
    WebSocketClient,
    access_token,
    close_code,
    room_url,
)

if TYPE_CHECKING:
    from apps.users.models import User

# Channels closes the database connection after each call, and a transaction with it.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def websocket(user: "User") -> WebSocketClient:
    """A WebSocket of `user`, not yet open."""
    return WebSocketClient(room_url(), token=access_token(user))


def fail(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a method of the channel layer fail as it does while Redis is down."""

    async def raise_error(*_args: object) -> None:
        raise RedisConnectionError

    monkeypatch.setattr(channel_layers["default"], method, raise_error)


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("{", CloseCode.MALFORMED),
        ("[]", CloseCode.MALFORMED),
        ('"text"', CloseCode.MALFORMED),
        ("[" * 4000, CloseCode.MALFORMED),
        ('{"text": "\\ud800"}', CloseCode.MALFORMED),
        (b"\x00\x01", CloseCode.BINARY),
        ('{"text": "' + "x" * 5000 + '"}', CloseCode.TOO_LARGE),
        ('{"text": "' + "\N{SNOWMAN}" * 2000 + '"}', CloseCode.TOO_LARGE),
    ],
)
def test_unreadable_message_closes_the_websocket(
    websocket: WebSocketClient, message: str | bytes, code: int
) -> None:
    assert close_code(websocket, message) == code


def test_too_many_messages_close_the_websocket(websocket: WebSocketClient) -> None:
    allowed = AuthenticatedConsumer.limits.max_messages
    messages = ['{"text": "again"}'] * (allowed + 1)

    assert close_code(websocket, *messages) == CloseCode.TOO_MANY


def test_sending_during_an_outage_logs_a_warning_and_does_not_fail(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fail("group_send", monkeypatch)

    with caplog.at_level(logging.WARNING):
        groups.send_on_commit(group="chat.room", message={})

    assert caplog.records[-1].message.startswith("Message lost")


def test_opening_during_an_outage_asks_the_client_to_try_again(
    websocket: WebSocketClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail("group_add", monkeypatch)

    assert close_code(websocket) == CloseCode.TRY_AGAIN


def test_failed_websocket_leaves_its_groups(
    websocket: WebSocketClient, user: "User", monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[str] = []

    async def leave(group: str, _channel: str) -> None:
        left.append(group)

    async def scenario() -> int:
        async with websocket:
            fail("group_send", monkeypatch)
            await websocket.send({"text": "Hello"})
            return await websocket.wait_for_close()

    monkeypatch.setattr(channel_layers["default"], "group_discard", leave)

    assert async_to_sync(scenario)() == CloseCode.TRY_AGAIN
    room = websocket.path.split("/")[3]
    assert left == [groups.user_group(user.pk), f"chat.{room}"]


@pytest.mark.parametrize(
    ("level", "message", "logged"),
    [
        (logging.DEBUG, "< Sec-WebSocket-Protocol: bearer, secret", False),
        (logging.INFO, '"WebSocket /ws/?token=secret" [accepted]', False),
        (logging.ERROR, MALFORMED, False),
        (logging.ERROR, "Exception in ASGI application", True),
    ],
)
def test_only_server_failures_are_logged(
    level: int, message: str, *, logged: bool
) -> None:
    record = logging.makeLogRecord({"levelno": level, "msg": message})

    assert WebSocketLogFilter().filter(record) is logged
