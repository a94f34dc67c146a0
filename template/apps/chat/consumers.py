"""Sockets."""

from typing import TYPE_CHECKING, Any, override

from apps.chat import services
from apps.core.consumers import SignedInConsumer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from apps.users.models import User


class ChatConsumer(SignedInConsumer):
    """A user in a room: sends `{"text": …}`, gets what all members send."""

    @override
    async def joined(self) -> list[str]:
        """Name the room's group.

        Raises:
            NotFoundError: If no room can have this name.

        Returns:
            The group.
        """
        self.room: str = self.scope["url_route"]["kwargs"]["room"]
        return [services.room_group(room=self.room)]

    @override
    async def received(self, user: "User", content: "Mapping[str, Any]") -> None:
        """Pass a message on to the room.

        Args:
            user: Who sent it.
            content: The message.

        Raises:
            ValidationError: If it has no text, or a bad one.
        """
        await services.say(room=self.room, user=user, text=content.get("text"))
