"""WebSocket with a log record, a close code and a bounded end."""

import asyncio
import logging
import time
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Final, override

import structlog
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import DatabaseError
from redis.exceptions import RedisError

from apps.core.middleware import REQUEST_ID

if TYPE_CHECKING:
    from asgiref.typing import ASGIReceiveCallable, ASGISendCallable
    from channels.consumer import _ChannelScope
    from django.contrib.auth.base_user import AbstractBaseUser

logger = logging.getLogger(__name__)

# The subprotocol of clients that authenticate with a token: ["bearer", token].
BEARER: Final = "bearer"
# docs/websockets.md lists the codes.
CLOSE_CODE_BASE: Final = 4000
TRY_AGAIN_LATER: Final = 1013
# A client that does not read cannot delay the end longer.
CLOSE_SECONDS: Final = 2


class LoggedConsumer(AsyncWebsocketConsumer):
    """WebSocket with a log record and a close code."""

    user: "AbstractBaseUser | None" = None
    accepted = False
    close_code: int | None = None

    @override
    async def __call__(
        self,
        scope: "_ChannelScope",
        receive: "ASGIReceiveCallable",
        send: "ASGISendCallable",
    ) -> None:
        """Bind the request ID, and log the WebSocket when it ends."""
        header = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
        request_id = header if REQUEST_ID.fullmatch(header) else uuid.uuid4().hex
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.perf_counter()
        try:
            async with asyncio.timeout(None) as self.lifetime:
                await super().__call__(scope, receive, send)
        except (DatabaseError, RedisError, OSError) as error:
            # A service is unavailable, or the client has disconnected.
            if self.close_code is None:
                reason = type(error).__name__
                logger.warning("WebSocket failed", extra={"reason": reason})
                self.close_code = TRY_AGAIN_LATER
                with suppress(OSError):
                    async with asyncio.timeout(CLOSE_SECONDS):
                        await self.accept_once()
                        await self.close(code=TRY_AGAIN_LATER)
        finally:
            logger.info(
                "websocket",
                extra={
                    "path": scope["path"],
                    "code": self.close_code,
                    "duration_s": round(time.perf_counter() - started, 1),
                    "user_id": str(self.user.pk) if self.user else None,
                },
            )

    async def accept_once(self) -> None:
        """Accept the WebSocket, with the subprotocol `bearer` if offered."""
        if not self.accepted:
            self.accepted = True
            offered = BEARER in self.scope["subprotocols"]
            await self.accept(BEARER if offered else None)

    async def close_once(self, code: int) -> None:
        """Close the WebSocket, unless it is closed, and end after `CLOSE_SECONDS`.

        Args:
            code: The close code.
        """
        if self.close_code is None:
            self.close_code = code
            now = asyncio.get_running_loop().time()
            self.lifetime.reschedule(now + CLOSE_SECONDS)
            await self.close(code=code)

    async def close_with_status(self, status: int) -> None:
        """Close the WebSocket as `close_once` does.

        Args:
            status: HTTP status; the close code is 4000 plus this number.
        """
        await self.close_once(CLOSE_CODE_BASE + status)

    @override
    async def disconnect(self, code: int) -> None:
        """Store the client's close code, unless the server has closed first."""
        self.close_code = self.close_code or code
