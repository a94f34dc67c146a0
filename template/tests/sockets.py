"""A client of the project's sockets, without a server."""

import asyncio
import json
from typing import Any, Final, Self, cast

from config.asgi import application

ORIGIN: Final = "http://localhost"
TIME_LIMIT_SECONDS: Final = 5
SILENCE_SECONDS: Final = 0.2


class Socket:
    """A socket that a client opens."""

    def __init__(
        self, path: str, *, token: str = "", cookie: str = "", origin: str = ORIGIN
    ) -> None:
        """Name what the client sends when it opens the socket."""
        headers = [(b"origin", origin.encode()), (b"cookie", cookie.encode())]
        self.scope = {
            "type": "websocket",
            "path": path,
            "headers": [(name, value) for name, value in headers if value],
            "subprotocols": ["bearer", token] if token else [],
        }
        self.sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.received: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def open(self) -> Self:
        """Open the socket."""
        serve = cast("Any", application)
        self.server = asyncio.create_task(
            serve(self.scope, self.sent.get, self.received.put)
        )
        await self.sent.put({"type": "websocket.connect"})
        accepted = await self.event()
        assert accepted["type"] == "websocket.accept"
        self.subprotocol: str | None = accepted["subprotocol"]
        return self

    async def event(self) -> dict[str, Any]:
        """Wait for what the server does next."""
        async with asyncio.timeout(TIME_LIMIT_SECONDS):
            return await self.received.get()

    async def send(self, content: object) -> None:
        """Send JSON."""
        await self.send_text(json.dumps(content))

    async def send_text(self, text: str) -> None:
        """Send a text."""
        await self.sent.put({"type": "websocket.receive", "text": text})

    async def send_bytes(self, content: bytes) -> None:
        """Send binary data."""
        await self.sent.put({"type": "websocket.receive", "bytes": content})

    async def receive(self) -> dict[str, Any]:
        """Wait for a message."""
        message: dict[str, Any] = json.loads((await self.event())["text"])
        return message

    async def closed(self) -> int:
        """Wait until the server closes the socket and return its code."""
        while (event := await self.event())["type"] != "websocket.close":
            continue
        await self.leave()
        code: int = event["code"]
        return code

    async def is_silent(self) -> bool:
        """Tell whether nothing arrives."""
        await asyncio.sleep(SILENCE_SECONDS)
        return self.received.empty() and not self.server.done()

    async def leave(self) -> None:
        """Close the socket."""
        await self.sent.put({"type": "websocket.disconnect", "code": 1000})
        async with asyncio.timeout(TIME_LIMIT_SECONDS):
            await self.server
