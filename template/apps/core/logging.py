"""Processors that turn the standard library's log records into structured lines."""

from typing import TYPE_CHECKING, Final

import structlog

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor, WrappedLogger

SERVER_ERRORS: Final = 500
MESSAGE_LENGTH: Final = 200


def _shorten_client_error(
    _logger: "WrappedLogger", _method: str, event: "EventDict"
) -> "EventDict":
    """Drop the traceback, and cut the message, of a line of Django about a 4xx response."""
    if event.get("status_code", SERVER_ERRORS) < SERVER_ERRORS:
        event.pop("exc_info", None)
        event["event"] = event["event"][:MESSAGE_LENGTH]
        event["level"] = "warning"
    return event


SHARED_PROCESSORS: "Final[list[Processor]]" = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    _shorten_client_error,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
