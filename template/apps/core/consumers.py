"""What the consumer of every socket starts from.

A socket that is refused is accepted first and then closed: only so does the client
learn the code. The codes are 4000 and the HTTP status of the same meaning;
docs/sockets.md lists them.
"""

import asyncio
import json
import logging
import time
import uuid
from collections import deque
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast, override
from urllib.parse import urlsplit

import structlog
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.security.websocket import OriginValidator
from django.core.exceptions import ValidationError
from django.db import DatabaseError
from redis.exceptions import RedisError

from apps.core import sockets
from apps.core.exceptions import AppException
from apps.core.middleware import REQUEST_ID

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asgiref.typing import ASGIReceiveCallable, ASGISendCallable
    from channels.consumer import _ChannelScope

    from apps.users.models import User

logger = logging.getLogger(__name__)

CLOSE_BASE: Final = 4000
TRY_AGAIN: Final = 1013
RECHECK_SECONDS: Final = 300


class LoggedConsumer(AsyncWebsocketConsumer):
    """A socket with a line in the log, and a close code."""

    @override
    async def __call__(
        self,
        scope: "_ChannelScope",
        receive: "ASGIReceiveCallable",
        send: "ASGISendCallable",
    ) -> None:
        """Serve the socket until it is closed.

        Args:
            scope: The connection.
            receive: Gets the client's next event.
            send: Sends an event to the client.
        """
        headers = dict(scope["headers"])
        sent = headers.get(b"x-request-id", b"").decode("latin-1")
        request_id = sent if REQUEST_ID.fullmatch(sent) else uuid.uuid4().hex
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        self.accepted = False
        self.code: int | None = None
        self.user: User | None = None
        started = time.perf_counter()
        try:
            await super().__call__(scope, receive, send)
        except (DatabaseError, RedisError, OSError) as error:
            # A service that is down, or a client that is gone.
            logger.warning("Socket failed", extra={"reason": type(error).__name__})
            self.code = TRY_AGAIN
            with suppress(OSError):
                await self.accept_offer()
                await self.close(code=TRY_AGAIN)
        finally:
            logger.info(
                "socket",
                extra={
                    "path": scope["path"],
                    "code": self.code,
                    "duration_s": round(time.perf_counter() - started, 1),
                    "user_id": str(self.user.pk) if self.user else None,
                },
            )

    async def accept_offer(self) -> None:
        """Accept the socket, once, and the sub-protocol it offers a token with."""
        if not self.accepted:
            self.accepted = True
            offered = sockets.BEARER in self.scope["subprotocols"]
            await self.accept(sockets.BEARER if offered else None)

    async def refuse(self, status: int) -> None:
        """Close the socket, once.

        Args:
            status: The HTTP status that says why.
        """
        if self.code is None:
            self.code = CLOSE_BASE + status
            await self.close(code=self.code)

    @override
    async def disconnect(self, code: int) -> None:
        """Remember how the socket was closed.

        Args:
            code: The client's code.
        """
        self.code = self.code or code


class RefusingConsumer(LoggedConsumer):
    """Closes every socket.

    Attributes:
        status: The HTTP status that says why.
    """

    status = HTTPStatus.NOT_FOUND

    @override
    async def connect(self) -> None:
        """Tell the client why."""
        await self.accept_offer()
        await self.refuse(self.status)


class ForeignOriginConsumer(RefusingConsumer):
    """Closes sockets that a page of another site opened."""

    status = HTTPStatus.FORBIDDEN


class AllowedOriginsValidator(OriginValidator):
    """Channels' validator, which tells the client why it is refused.

    A browser sends cookies along with a socket that any site opens, so the origin is
    all that keeps other sites out. A client that sends none is refused as well.
    """

    @override
    async def __call__(
        self,
        scope: "_ChannelScope",
        receive: "ASGIReceiveCallable",
        send: "ASGISendCallable",
    ) -> None:
        """Let a socket through, or close it.

        Args:
            scope: The connection.
            receive: Gets the client's next event.
            send: Sends an event to the client.
        """
        origin = dict(scope["headers"]).get(b"origin")
        try:
            parsed = origin and urlsplit(origin.decode("latin-1"))
            allowed = bool(parsed) and self.valid_origin(cast("Any", parsed))
        except ValueError:
            allowed = False
        application = self.application if allowed else ForeignOriginConsumer()
        await cast("Any", application)(scope, receive, send)


class SignedInConsumer(LoggedConsumer):
    """A socket of a user who has proved who they are, and goes on to be.

    Attributes:
        max_bytes: The longest message a client may send.
        max_messages: How many messages it may send in `window_seconds`.
        window_seconds: See `max_messages`.
        rechecks: Asks now and then whether the user may go on, if the socket is open.
    """

    max_bytes: ClassVar[int] = 4096
    max_messages: ClassVar[int] = 20
    window_seconds: ClassVar[float] = 10
    rechecks: "asyncio.Task[None] | None" = None

    async def joined(self) -> list[str]:
        """Name the groups whose messages the client gets, besides the user's own.

        Raises:
            AppException: If they may not; the socket is closed with its status.

        Returns:
            The groups.
        """
        return []

    async def received(self, user: "User", content: "Mapping[str, Any]") -> None:
        """Handle a message of the client.

        Args:
            user: Who sent it.
            content: The message, a JSON object.

        Raises:
            AppException: If it is refused; the socket is closed with its status.
            ValidationError: If it is malformed; the socket is closed with 4400.
        """

    @override
    async def __call__(
        self,
        scope: "_ChannelScope",
        receive: "ASGIReceiveCallable",
        send: "ASGISendCallable",
    ) -> None:
        """Serve the socket until it is closed, and leave its groups in any case.

        Args:
            scope: The connection.
            receive: Gets the client's next event.
            send: Sends an event to the client.
        """
        self.listening: list[str] = []
        try:
            await super().__call__(scope, receive, send)
        finally:
            if self.rechecks:
                self.rechecks.cancel()
            with suppress(RedisError, OSError):
                for group in self.listening:
                    await self.channel_layer.group_discard(group, self.channel_name)

    @override
    async def connect(self) -> None:
        """Accept the socket, and close it again unless its user may open it."""
        self.times: deque[float] = deque(maxlen=self.max_messages)
        status = await self.enter()
        # Only now: whoever is told that the socket is open misses no message.
        await self.accept_offer()
        if status:
            await self.refuse(status)
        else:
            self.rechecks = asyncio.create_task(self.recheck_often())

    async def enter(self) -> int | None:
        """Sign the user in and listen to their groups.

        Returns:
            The HTTP status that says why they may not, if so.
        """
        self.user = await self.signed_in()
        if self.user is None:
            return HTTPStatus.UNAUTHORIZED
        await self.listen(sockets.user_group(self.user.pk))
        try:
            for group in await self.joined():
                await self.listen(group)
        except AppException as error:
            return error.status_code
        return None

    async def listen(self, group: str) -> None:
        """Get the messages of a group.

        Args:
            group: The group.
        """
        await self.channel_layer.group_add(group, self.channel_name)
        self.listening.append(group)

    async def signed_in(self) -> "User | None":
        """Ask who the socket belongs to.

        Returns:
            The user, or None once their session has ended.
        """
        scope = cast("dict[str, Any]", self.scope)
        user: User | None = await scope["signed_in"]()
        return user

    async def recheck(self, _event: object = None) -> None:
        """Close the socket if its session has ended.

        Args:
            _event: The event that asked for it, unused.
        """
        if self.code is None and await self.signed_in() is None:
            await self.refuse(HTTPStatus.UNAUTHORIZED)

    async def recheck_often(self) -> None:
        """Notice sessions that end by time."""
        while self.code is None:
            await asyncio.sleep(RECHECK_SECONDS)
            with suppress(DatabaseError, OSError):
                await self.recheck()

    async def client_message(self, event: dict[str, Any]) -> None:
        """Send a message of a group to the client.

        Args:
            event: The event with the message.
        """
        if self.code is None:
            await self.send(text_data=json.dumps(event["message"]))

    @override
    async def receive(
        self, text_data: str | None = None, bytes_data: bytes | None = None
    ) -> None:
        """Check a message of the client before it is handled.

        Args:
            text_data: The message.
            bytes_data: A binary message, which is refused.
        """
        if self.code is not None or self.user is None:
            return
        now = time.monotonic()
        flooded = len(self.times) == self.max_messages
        if flooded and now - self.times[0] < self.window_seconds:
            await self.refuse(HTTPStatus.TOO_MANY_REQUESTS)
            return
        self.times.append(now)
        if text_data is None:
            await self.refuse(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        elif len(text_data.encode()) > self.max_bytes:
            await self.refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        elif (content := parse(text_data)) is None:
            await self.refuse(HTTPStatus.BAD_REQUEST)
        else:
            try:
                await self.received(self.user, content)
            except AppException as error:
                await self.refuse(error.status_code)
            except ValidationError:
                await self.refuse(HTTPStatus.BAD_REQUEST)


def parse(text: str) -> dict[str, Any] | None:
    """Parse a message.

    Args:
        text: The message.

    Returns:
        The JSON object, or None if it is none, too deeply nested, or has half of a
        surrogate pair, which no encoding can express.
    """
    try:
        content = json.loads(text)
        json.dumps(content, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None
