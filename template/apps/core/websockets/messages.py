"""Messages from clients: what a WebSocket may send."""

import json
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

from rest_framework.exceptions import ParseError, Throttled, UnsupportedMediaType

from apps.core.exceptions import ContentTooLargeError


@dataclass(frozen=True)
class MessageLimits:
    """Limits on the size of a message, and on the number of messages in a window."""

    # At most `ws_max_size` of config/gunicorn_worker.py, which the server enforces.
    max_bytes: int = 4096
    max_messages: int = 20
    window_seconds: float = 10


class MessageReader:
    """Checks and parses the messages of one WebSocket."""

    def __init__(self, limits: MessageLimits) -> None:
        """Start with an empty window."""
        self._limits = limits
        self._times: deque[float] = deque(maxlen=limits.max_messages)

    def read(self, text: str | None) -> dict[str, Any]:
        """Return the JSON object in a message; an error closes the WebSocket.

        Args:
            text: The message; None for a binary one.

        Raises:
            Throttled: If the client has sent too many messages.
            UnsupportedMediaType: If the message is binary.
            ContentTooLargeError: If the message is too long.
            ParseError: If the message is not a JSON object or is nested too deeply.
        """
        now = time.monotonic()
        window_is_full = len(self._times) == self._limits.max_messages
        if window_is_full and now - self._times[0] < self._limits.window_seconds:
            raise Throttled
        self._times.append(now)
        if text is None:
            media_type = "application/octet-stream"
            raise UnsupportedMediaType(media_type)
        if len(text.encode()) > self._limits.max_bytes:
            raise ContentTooLargeError
        return _parse_message(text)


def _parse_message(text: str) -> dict[str, Any]:
    """Return the JSON object in a text, or raise `ParseError`."""
    try:
        content = json.loads(text)
        # Fails for an unpaired surrogate, which UTF-8 cannot encode.
        json.dumps(content, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise ParseError from error
    if not isinstance(content, dict):
        raise ParseError
    return content
