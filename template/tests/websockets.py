"""WebSocket client for tests; it calls the ASGI application without a server."""

import asyncio
import json
import uuid
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Final, Self, cast

from asgiref.sync import async_to_sync
from django.conf import settings

from apps.users import services
from config.asgi import application

if TYPE_CHECKING:
    from django.test import Client

    from apps.users.models import User

ORIGIN: Final = "http://localhost"
TIME_LIMIT_SECONDS: Final = 5
SILENCE_SECONDS: Final = 0.2


class CloseCode(IntEnum):
    """Close codes that docs/websockets.md explains."""

    TRY_AGAIN = 1013
    MALFORMED = 4400
    UNAUTHENTICATED = 4401
    FOREIGN_ORIGIN = 4403
    NOT_FOUND = 4404
    TOO_SLOW = 4408
    TOO_LARGE = 4413
    BINARY = 4415
    TOO_MANY = 4429


class WebSocketClient:
    """The client's side of a WebSocket; `async with` opens and closes it."""

    def __init__(
        self,
        path: str,
        *,
        token: str = "",
        cookie: str = "",
        origin: str = ORIGIN,
        host: str = "",
    ) -> None:
        """Prepare the opening request; empty values are not sent."""
        self.path = path
        headers = [
            (b"origin", origin.encode()),
            (b"host", host.encode()),
            (b"cookie", cookie.encode()),
        ]
        self.scope = {
            "type": "websocket",
            "path": path,
            "headers": [(name, value) for name, value in headers if value],
            "subprotocols": ["bearer", token] if token else [],
        }
        self.to_server: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.from_server: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def __aenter__(self) -> Self:
        """Open the WebSocket and wait until the server accepts it."""
        serve = cast("Any", application)
        self.server = asyncio.create_task(
            serve(self.scope, self.to_server.get, self.put)
        )
        await self.to_server.put({"type": "websocket.connect"})
        accepted = await self.next_event()
        assert accepted["type"] == "websocket.accept"
        self.subprotocol: str | None = accepted["subprotocol"]
        return self

    async def __aexit__(self, *_exception: object) -> None:
        """Close the WebSocket and wait until the server has ended."""
        await self.to_server.put({"type": "websocket.disconnect", "code": 1000})
        async with asyncio.timeout(TIME_LIMIT_SECONDS):
            await self.server

    async def put(self, event: dict[str, Any]) -> None:
        """Receive an ASGI event of the server."""
        await self.from_server.put(event)

    async def next_event(self) -> dict[str, Any]:
        """Wait for the server's next ASGI event."""
        async with asyncio.timeout(TIME_LIMIT_SECONDS):
            return await self.from_server.get()

    async def send(self, content: object) -> None:
        """Send an object as JSON."""
        await self.send_raw(json.dumps(content))

    async def send_raw(self, message: str | bytes) -> None:
        """Send a text or a binary message as it is."""
        key = "text" if isinstance(message, str) else "bytes"
        await self.to_server.put({"type": "websocket.receive", key: message})

    async def receive(self) -> dict[str, Any]:
        """Wait for a message and parse it."""
        message: dict[str, Any] = json.loads((await self.next_event())["text"])
        return message

    async def wait_for_close(self) -> int:
        """Skip messages until the server closes the WebSocket; return the close code."""
        while (event := await self.next_event())["type"] != "websocket.close":
            continue
        code: int = event["code"]
        return code

    async def is_silent(self) -> bool:
        """Return whether the WebSocket stays open and receives nothing for a moment."""
        await asyncio.sleep(SILENCE_SECONDS)
        return self.from_server.empty() and not self.server.done()


def access_token(user: "User") -> str:
    """Start a session and return the token that the client sends."""
    # The first value is the access token.
    return str(next(iter(services.start_session(user=user).values())))


def session_cookie(client: "Client", user: "User") -> str:
    """Log a browser in and return the cookie that it sends."""
    client.force_login(user)
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    return f"{settings.SESSION_COOKIE_NAME}={key}"


def room_url() -> str:
    """Return the path of a chat room that no other test uses."""
    return f"/ws/chat/test-{uuid.uuid4().hex}/"


def close_code(client: WebSocketClient, *messages: str | bytes) -> int:
    """Open a WebSocket, send messages and return the code it is closed with."""

    async def scenario() -> int:
        async with client:
            for message in messages:
                await client.send_raw(message)
            return await client.wait_for_close()

    return async_to_sync(scenario)()
