"""Celery's transport for Redis, which skips messages that it cannot read."""

import functools
import logging
from queue import Empty
from typing import TYPE_CHECKING, Any, Final, override

from kombu.transport import redis, virtual
from redis.exceptions import RedisError

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

# The worker reconnects after these.
CONNECTION_ERRORS: Final = (OSError, RedisError)


class Message(virtual.Message):
    """A message with the fields that a worker reads before it knows the task."""

    @override
    def __init__(self, payload: Any, channel: Any = None, **kwargs: Any) -> None:
        """Raise `ValueError` if a field is missing or has another type."""
        try:
            super().__init__(payload, channel, **kwargs)
            route = (self.delivery_info["exchange"], self.delivery_info["routing_key"])
            fields = (self.delivery_tag, self.headers.get("task", ""), *route)
        except (AttributeError, LookupError, TypeError) as error:
            # The worker takes a KeyError for a lost connection.
            raise ValueError(repr(error)) from error
        if not all(isinstance(field, str) for field in fields):
            message = "a field is not a string"
            raise ValueError(message)


class Channel(redis.Channel):
    """Rejects a message whose content makes the worker fail."""

    Message = Message

    @override
    def basic_consume(
        self,
        queue: str,
        no_ack: bool,
        callback: "Callable[..., Any] | None",
        consumer_tag: str | None,
        **kwargs: Any,
    ) -> Any:
        """Reject messages for which the callback raises an error."""
        safe = callback and functools.partial(_receive, callback)
        return super().basic_consume(queue, no_ack, safe, consumer_tag, **kwargs)


# With kombu's transport, a message that is not JSON or lacks a field ends the worker.
# To return to it, remove `broker_transport` from `config/celery.py`.
class Transport(redis.Transport):
    """Reads messages and skips those that are not Celery's."""

    Channel = Channel

    @override
    def on_readable(self, *args: Any, **kwargs: Any) -> None:
        """Skip a message that cannot be decoded; Redis has removed it."""
        try:
            super().on_readable(*args, **kwargs)
        except (Empty, *CONNECTION_ERRORS):
            raise
        except Exception as error:
            _log_skipped(error)


def _receive(callback: "Callable[..., Any]", message: Message) -> None:
    """Process a message; without the rejection, one that fails would come back."""
    try:
        callback(message)
    except CONNECTION_ERRORS:
        raise
    except Exception as error:
        _log_skipped(error)
        if not message.acknowledged:
            message.reject()


def _log_skipped(error: Exception) -> None:
    """Log the reason without the message, which may hold personal data."""
    logger.error("Message skipped: not a valid task", extra={"reason": repr(error)})
