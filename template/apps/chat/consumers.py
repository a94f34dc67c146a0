"""WebSocket consumers."""

from typing import TYPE_CHECKING, Any, override

from apps.chat import services
from apps.core.websockets.consumers import AuthenticatedConsumer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from apps.users.models import User


class ChatConsumer(AuthenticatedConsumer):
    """A member of a room: sends `{"text": …}`, receives what all members send."""

    user: "User"

    @override
    async def get_groups(self) -> list[str]:
        """Return the room's group."""
        self.room: str = self.scope["url_route"]["kwargs"]["room"]
        return [services.room_group(room=self.room)]

    @override
    async def handle_message(self, content: "Mapping[str, Any]") -> None:
        """Send the text to the room."""
        text = content.get("text")
        await services.send_message(room=self.room, user=self.user, text=text)
