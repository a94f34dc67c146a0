"""Messages to clients, through groups; delivery is not guaranteed."""

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

# Carries re-checks, which must not wait behind messages.
CONTROL_LAYER: Final = "control"


def send_on_commit(*, group: str, message: "Mapping[str, Any]") -> None:
    """Send a message to a group after the commit, for services and tasks; log failures.

    Args:
        group: ASCII letters, digits, hyphens, underscores and periods only.
        message: Serializable as JSON.
    """
    event = {"type": "client.message", "message": message}
    transaction.on_commit(partial(_send, "default", group, event))


async def send(*, group: str, message: "Mapping[str, Any]") -> None:
    """Send a message to a group, for consumers; a failure closes their WebSocket.

    Args:
        group: ASCII letters, digits, hyphens, underscores and periods only.
        message: Serializable as JSON.
    """
    event = {"type": "client.message", "message": message}
    await channel_layers["default"].group_send(group, event)


def recheck_user(*, user_id: "uuid.UUID") -> None:
    """Close the user's WebSockets without a valid session, after the commit.

    Args:
        user_id: Primary key of the user.
    """
    event = {"type": "user.recheck"}
    group = user_group(user_id)
    transaction.on_commit(partial(_send, CONTROL_LAYER, group, event))


def user_group(user_id: "uuid.UUID") -> str:
    """Return the group of all WebSockets of a user.

    Args:
        user_id: Primary key of the user.
    """
    return f"user.{user_id}"


def _send(layer: str, group: str, event: dict[str, Any]) -> None:
    """Pass an event to a channel layer; log its loss if Redis is unavailable."""
    try:
        async_to_sync(channel_layers[layer].group_send)(group, event)
    except (RedisError, OSError):
        logger.warning(
            "Message lost: Redis is unavailable", extra={"type": event["type"]}
        )
