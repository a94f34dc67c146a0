"""Tests of the origins that may open a WebSocket."""

from typing import TYPE_CHECKING, Any, cast

import pytest
from asgiref.sync import async_to_sync

from apps.core.websockets.origins import AllowedOriginsValidator, RejectingConsumer
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


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "null",
        "https://evil.example",
        "http://[",
        "http://localhost.evil:99999",
        # The service is http://localhost:8000.
        "https://localhost:8000",
        "http://localhost",
        "http://localhost:8001",
        "http://user@localhost:8000",
        "http://localhost:8000/path",
        "localhost:8000",
    ],
)
def test_other_origin_is_rejected(user: "User", origin: str) -> None:
    client = WebSocketClient(
        room_url(), token=access_token(user), origin=origin, host="localhost:8000"
    )

    assert close_code(client) == CloseCode.FOREIGN_ORIGIN


@pytest.mark.parametrize(
    "origin",
    ["http://localhost:8000", "http://127.0.0.1:8000", "http://[::1]:8000"],
)
def test_origin_with_an_allowed_host_and_the_same_port_is_accepted(
    user: "User", origin: str
) -> None:
    client = WebSocketClient(
        room_url(), token=access_token(user), origin=origin, host="localhost:8000"
    )

    async def scenario() -> bool:
        async with client:
            return await client.is_silent()

    assert async_to_sync(scenario)()


@pytest.mark.parametrize(
    ("origin", "code"),
    [
        ("https://example.com", CloseCode.NOT_FOUND),
        ("https://example.com:443", CloseCode.NOT_FOUND),
        ("https://app.example:8443", CloseCode.NOT_FOUND),
        ("http://example.com", CloseCode.FOREIGN_ORIGIN),
        ("https://example.com:8443", CloseCode.FOREIGN_ORIGIN),
        ("https://app.example", CloseCode.FOREIGN_ORIGIN),
        ("http://app.example:8443", CloseCode.FOREIGN_ORIGIN),
        ("https://a.wild.example", CloseCode.FOREIGN_ORIGIN),
    ],
)
def test_outside_local_the_origin_needs_https(
    origin: str, code: CloseCode, monkeypatch: pytest.MonkeyPatch
) -> None:
    validator = AllowedOriginsValidator(
        cast("Any", RejectingConsumer.as_asgi()),
        scheme="https",
        hosts=["example.com"],
        origins=["https://app.example:8443", "https://*.wild.example"],
    )
    monkeypatch.setattr("tests.websockets.application", validator)

    client = WebSocketClient("/", origin=origin, host="example.com")

    assert close_code(client) == code
