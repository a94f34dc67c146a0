"""The rules of the rooms, and what is sent to them."""

import re
from typing import TYPE_CHECKING, Final, TypedDict

from django.core.exceptions import ValidationError

from apps.core import sockets
from apps.core.exceptions import NotFoundError

if TYPE_CHECKING:
    from apps.users.models import User

ROOM: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,49}")
MAX_TEXT: Final = 1000


class Sender(TypedDict):
    """What members see of who sent a message."""

    id: str
    name: str


class Message(TypedDict):
    """What the members of a room get; without a sender it is an announcement."""

    room: str
    sender: Sender | None
    text: str


def room_group(*, room: str) -> str:
    """Name the group in which the members of a room listen.

    Args:
        room: The room's name.

    Raises:
        NotFoundError: If no room can have this name.

    Returns:
        The group.
    """
    if not ROOM.fullmatch(room):
        raise NotFoundError
    return f"chat.{room}"


async def say(*, room: str, user: "User", text: object) -> None:
    """Send a member's text to all members of a room.

    Args:
        room: The room's name.
        user: The member.
        text: The text, as the client sent it.

    Raises:
        ValidationError: If it is no text, empty or too long.
    """
    sender: Sender = {"id": str(user.pk), "name": user.name}
    message = compose(room=room, sender=sender, text=text)
    await sockets.broadcast(group=room_group(room=room), message=message)


def announce(*, room: str, text: str) -> None:
    """Send a text of the service itself to all members of a room, after the commit.

    Args:
        room: The room's name.
        text: The text.

    Raises:
        NotFoundError: If no room can have this name.
        ValidationError: If the text is empty or too long.
    """
    message = compose(room=room, sender=None, text=text)
    sockets.push(group=room_group(room=room), message=message)


def compose(*, room: str, sender: Sender | None, text: object) -> Message:
    """Check a text and make the message.

    Args:
        room: The room's name.
        sender: Who sent it, if anybody.
        text: The text.

    Raises:
        ValidationError: If it is no text, empty or too long.

    Returns:
        The message.
    """
    if not isinstance(text, str) or not text.strip() or len(text) > MAX_TEXT:
        message = f"A message has a text of at most {MAX_TEXT} characters."
        raise ValidationError(message, code="invalid")
    return {"room": room, "sender": sender, "text": text}
