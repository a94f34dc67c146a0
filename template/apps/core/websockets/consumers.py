"""Base classes of all consumers.

A rejected WebSocket is accepted and then closed, because browsers do not report the
close code otherwise. docs/websockets.md lists the codes.
"""

import asyncio
import json
import logging
import time
import uuid
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast, override

import structlog
from channels.generic.websocket import AsyncWebsocketConsumer
from django.core.exceptions import ValidationError
from django.db import DatabaseError
from redis.exceptions import RedisError
from rest_framework.exceptions import APIException

from apps.core.exceptions import AuthenticationError
from apps.core.middleware import REQUEST_ID
from apps.core.websockets.groups import user_group
from apps.core.websockets.messages import MessageLimits, MessageReader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asgiref.typing import ASGIReceiveCallable, ASGISendCallable
    from channels.consumer import _ChannelScope
    from django.contrib.auth.base_user import AbstractBaseUser

logger = logging.getLogger(__name__)

# The subprotocol of clients that authenticate with a token: ["bearer", token].
BEARER: Final = "bearer"
CLOSE_CODE_BASE: Final = 4000
TRY_AGAIN_LATER: Final = 1013
RECHECK_SECONDS: Final = 300


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
            await super().__call__(scope, receive, send)
        except (DatabaseError, RedisError, OSError) as error:
            # A service is unavailable, or the client has disconnected.
            logger.warning("WebSocket failed", extra={"reason": type(error).__name__})
            self.close_code = TRY_AGAIN_LATER
            with suppress(OSError):
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

    async def close_with_status(self, status: int) -> None:
        """Close the WebSocket, unless it is closed.

        Args:
            status: HTTP status; the close code is 4000 plus this number.
        """
        if self.close_code is None:
            self.close_code = CLOSE_CODE_BASE + status
            await self.close(code=self.close_code)

    @override
    async def disconnect(self, code: int) -> None:
        """Store the client's close code, unless the server has closed first."""
        self.close_code = self.close_code or code


class AuthenticatedConsumer(LoggedConsumer):
    """WebSocket of an authenticated user, re-checked periodically.

    Derived classes implement `get_groups` and `handle_message`. An `APIException` in
    either closes the WebSocket with the code of its status, a `ValidationError` in
    `handle_message` with 4400.
    """

    limits: ClassVar[MessageLimits] = MessageLimits()
    recheck_task: "asyncio.Task[None] | None" = None

    async def get_groups(self) -> list[str]:
        """Return the groups to join, in addition to the user's own."""
        return []

    async def handle_message(self, content: "Mapping[str, Any]") -> None:
        """Handle a message from `self.user`.

        Args:
            content: The JSON object; its fields are not validated.
        """

    @override
    async def __call__(
        self,
        scope: "_ChannelScope",
        receive: "ASGIReceiveCallable",
        send: "ASGISendCallable",
    ) -> None:
        """Leave all groups when the WebSocket ends, also after a failure."""
        self.reader = MessageReader(self.limits)
        self.joined_groups: list[str] = []
        try:
            await super().__call__(scope, receive, send)
        finally:
            if self.recheck_task:
                self.recheck_task.cancel()
            with suppress(RedisError, OSError):
                for group in self.joined_groups:
                    await self.channel_layer.group_discard(group, self.channel_name)

    @override
    async def connect(self) -> None:
        """Authenticate the user, accept the WebSocket, close it again on an error."""
        status = None
        try:
            await self._authenticate()
        except APIException as error:
            status = error.status_code
        # Last, so that a client misses no message once its WebSocket is open.
        await self.accept_once()
        if status:
            await self.close_with_status(status)
        else:
            self.recheck_task = asyncio.create_task(self._recheck_periodically())

    async def _authenticate(self) -> None:
        """Set `user` and join the groups, or raise `AuthenticationError`."""
        self.user = await self.get_user()
        if self.user is None:
            raise AuthenticationError
        await self._join_group(user_group(self.user.pk))
        for group in await self.get_groups():
            await self._join_group(group)

    async def _join_group(self, group: str) -> None:
        """Receive the messages of a group until the WebSocket ends."""
        await self.channel_layer.group_add(group, self.channel_name)
        self.joined_groups.append(group)

    async def get_user(self) -> "AbstractBaseUser | None":
        """Return the user, or None without a valid session."""
        scope = cast("dict[str, Any]", self.scope)
        user: AbstractBaseUser | None = await scope["get_user"]()
        return user

    async def user_recheck(self, _event: object = None) -> None:
        """Close the WebSocket if its session has ended."""
        if self.close_code is None and await self.get_user() is None:
            await self.close_with_status(HTTPStatus.UNAUTHORIZED)

    async def client_message(self, event: dict[str, Any]) -> None:
        """Send a message of a group to the client.

        Args:
            event: The event `client.message`.
        """
        if self.close_code is None:
            await self.send(text_data=json.dumps(event["message"]))

    @override
    async def receive(
        self, text_data: str | None = None, bytes_data: bytes | None = None
    ) -> None:
        """Check a message before it is handled."""
        if self.close_code is not None or self.user is None:
            return
        try:
            await self.handle_message(self.reader.read(text_data))
        except APIException as error:
            await self.close_with_status(error.status_code)
        except ValidationError:
            await self.close_with_status(HTTPStatus.BAD_REQUEST)

    async def _recheck_periodically(self) -> None:
        """Close the WebSocket when its session expires."""
        while self.close_code is None:
            await asyncio.sleep(RECHECK_SECONDS)
            with suppress(DatabaseError, OSError):
                await self.user_recheck()
