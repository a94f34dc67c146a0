"""Messages to the sockets of clients.

Sockets listen in groups. What is sent to a group reaches its sockets in every process,
through Redis; without `REDIS_URL`, those of this process. Messages to a client that
does not read, or while Redis is down, are lost: a client that returns asks the API.
"""

import logging
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from asgiref.sync import async_to_sync
from channels.layers import channel_layers
from django.db import transaction
from redis.exceptions import RedisError

if TYPE_CHECKING:
    import uuid
    from collections.abc import Mapping

logger = logging.getLogger(__name__)

# The sub-protocol of clients that sign in with a token, which is offered after it.
BEARER: Final = "bearer"


def push(*, group: str, message: "Mapping[str, Any]") -> None:
    """Send a message to every socket in a group, after the commit.

    For services and tasks. It never fails: whoever calls it has done their work.

    Args:
        group: The group.
        message: What the clients get, as JSON.
    """
    event = {"type": "client.message", "message": message}
    transaction.on_commit(partial(_send, group, event))


async def broadcast(*, group: str, message: "Mapping[str, Any]") -> None:
    """Send a message to every socket in a group, from code of a socket.

    Args:
        group: The group.
        message: What the clients get, as JSON.
    """
    event = {"type": "client.message", "message": message}
    await channel_layers["default"].group_send(group, event)


def recheck(*, user_id: "uuid.UUID") -> None:
    """Have the sockets of a user ask whether they still may be open, after the commit.

    Args:
        user_id: The user's primary key.
    """
    transaction.on_commit(partial(_send, user_group(user_id), {"type": "recheck"}))


def user_group(user_id: "uuid.UUID") -> str:
    """Name the group in which all sockets of a user listen.

    Args:
        user_id: The user's primary key.

    Returns:
        The group.
    """
    return f"user.{user_id}"


def _send(group: str, event: dict[str, Any]) -> None:
    """Hand an event to the channel layer, or log that it is lost."""
    try:
        async_to_sync(channel_layers["default"].group_send)(group, event)
    except (RedisError, OSError):
        logger.warning("Push lost: Redis is down", extra={"type": event["type"]})
