"""Base class of all consumers."""

import asyncio
import json
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast, override

from channels.layers import channel_layers
from django.core.exceptions import ValidationError
from django.db import DatabaseError
from redis.exceptions import RedisError
from rest_framework.exceptions import APIException, Throttled

from apps.core.exceptions import AuthenticationError
from apps.core.websockets import quotas
from apps.core.websockets.groups import CONTROL_LAYER, user_group
from apps.core.websockets.logged import TRY_AGAIN_LATER, LoggedConsumer
from apps.core.websockets.messages import MessageLimits, MessageReader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from asgiref.typing import ASGIReceiveCallable, ASGISendCallable
    from channels.consumer import _ChannelScope
    from channels.layers import BaseChannelLayer
    from django.contrib.auth.base_user import AbstractBaseUser

RECHECK_SECONDS: Final = 60
# A client that does not read for longer is disconnected.
SEND_SECONDS: Final = 10


class AuthenticatedConsumer(LoggedConsumer):
    """WebSocket of an authenticated user, re-checked periodically.

    Derived classes implement `get_groups` and `handle_message`. An `APIException` in
    either closes the WebSocket with the code of its status, a `ValidationError` in
    `handle_message` with 4400.
    """

    limits: ClassVar[MessageLimits] = MessageLimits()

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
        self.joined: list[tuple[BaseChannelLayer, str, str]] = []
        self.tasks: list[asyncio.Task[None]] = []
        try:
            await super().__call__(scope, receive, send)
        finally:
            for task in self.tasks:
                task.cancel()
            if self.user:
                name = self.channel_name
                await quotas.discard(user_id=self.user.pk, websocket=name)
            with suppress(RedisError, OSError):
                for layer, group, channel in self.joined:
                    await layer.group_discard(group, channel)

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
            recheck, obey = self._recheck_periodically(), self._recheck_on_request()
            self.tasks = [asyncio.create_task(recheck), asyncio.create_task(obey)]

    async def _authenticate(self) -> None:
        """Set `user` and join the groups, or raise an `APIException`."""
        self.user = await self.get_user()
        if self.user is None:
            raise AuthenticationError
        # Opening counts as a message, so that reopening in a loop stays cheap.
        await self._count_message()
        if not await self._may_stay_open():
            raise Throttled
        own = user_group(self.user.pk)
        self.control = channel_layers[CONTROL_LAYER]
        self.control_channel = await self.control.new_channel()
        await self._join(self.control, own, self.control_channel)
        for group in [own, *await self.get_groups()]:
            await self._join(self.channel_layer, group, self.channel_name)

    async def _join(self, layer: "BaseChannelLayer", group: str, channel: str) -> None:
        """Receive the messages of a group until the WebSocket ends."""
        await layer.group_add(group, channel)
        self.joined.append((layer, group, channel))

    async def _count_message(self) -> None:
        """Count a message; raise `Throttled` if the user has sent too many."""
        user_id = cast("AbstractBaseUser", self.user).pk
        if not await quotas.count_message(user_id=user_id):
            raise Throttled

    async def _may_stay_open(self) -> bool:
        """Count the WebSocket; return False if the user has too many."""
        user_id = cast("AbstractBaseUser", self.user).pk
        return await quotas.keep_open(user_id=user_id, websocket=self.channel_name)

    async def get_user(self) -> "AbstractBaseUser | None":
        """Return the user, or None without a valid session."""
        scope = cast("dict[str, Any]", self.scope)
        user: AbstractBaseUser | None = await scope["get_user"]()
        return user

    async def recheck_session(self) -> None:
        """Close the WebSocket if its session has ended."""
        if self.close_code is None and await self.get_user() is None:
            await self.close_with_status(HTTPStatus.UNAUTHORIZED)

    async def client_message(self, event: dict[str, Any]) -> None:
        """Send a message of a group to the client.

        Args:
            event: The event `client.message`.
        """
        if self.close_code is not None:
            return
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self.send(text_data=json.dumps(event["message"]))
        except TimeoutError:
            await self.close_with_status(HTTPStatus.REQUEST_TIMEOUT)

    @override
    async def receive(
        self, text_data: str | None = None, bytes_data: bytes | None = None
    ) -> None:
        """Check a message before it is handled."""
        if self.close_code is not None or self.user is None:
            return
        try:
            content = self.reader.read(text_data)
            await self._count_message()
            await self.handle_message(content)
        except APIException as error:
            await self.close_with_status(error.status_code)
        except ValidationError:
            await self.close_with_status(HTTPStatus.BAD_REQUEST)

    async def _recheck_periodically(self) -> None:
        """Close the WebSocket when its session expires, or has while it was opened."""
        while self.close_code is None:
            with suppress(DatabaseError, OSError):
                await self.recheck_session()
            await asyncio.sleep(RECHECK_SECONDS)
            if not await self._may_stay_open():
                await self.close_with_status(HTTPStatus.TOO_MANY_REQUESTS)

    async def _recheck_on_request(self) -> None:
        """Close the WebSocket when `groups.recheck_user` finds its session ended."""
        try:
            while self.close_code is None:
                await self.control.receive(self.control_channel)
                await self.recheck_session()
        except (DatabaseError, RedisError, OSError):
            await self.close_once(TRY_AGAIN_LATER)
