"""Rules of chat rooms and their messages."""

import re
from typing import TYPE_CHECKING, Final, TypedDict

from django.core.exceptions import ValidationError

from apps.core.exceptions import NotFoundError
from apps.core.websockets import groups

if TYPE_CHECKING:
    from apps.users.models import User

ROOM: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,49}")
MAX_TEXT: Final = 1000


class Sender(TypedDict):
    """The public data of a message's sender."""

    id: str
    name: str


class Message(TypedDict):
    """A message to the members of a room; announcements have no sender."""

    room: str
    sender: Sender | None
    text: str


def room_group(*, room: str) -> str:
    """Return the group of a room's members.

    Args:
        room: Up to 50 lowercase letters, digits and hyphens.

    Raises:
        NotFoundError: If the name is not valid.
    """
    if not ROOM.fullmatch(room):
        raise NotFoundError
    return f"chat.{room}"


async def send_message(*, room: str, user: "User", text: object) -> None:
    """Send a member's text to all members of a room.

    Args:
        room: A room that the user has entered.
        user: The sender.
        text: The value that the client sent; not validated.
    """
    sender: Sender = {"id": str(user.pk), "name": user.name}
    message = _build_message(room=room, sender=sender, text=text)
    await groups.send(group=room_group(room=room), message=message)


def announce(*, room: str, text: str) -> None:
    """Send a text without a sender to all members of a room, after the commit.

    Args:
        room: The room's name.
        text: 1 to 1,000 characters.
    """
    message = _build_message(room=room, sender=None, text=text)
    groups.send_on_commit(group=room_group(room=room), message=message)


def _build_message(*, room: str, sender: Sender | None, text: object) -> Message:
    """Return a message with a validated text; announcements have no sender."""
    if not isinstance(text, str) or not text.strip() or len(text) > MAX_TEXT:
        message = f"The text must have 1 to {MAX_TEXT} characters."
        raise ValidationError(message, code="invalid")
    return {"room": room, "sender": sender, "text": text}
