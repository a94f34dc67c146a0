"""Processors that turn the standard library's log records into structured lines."""

import re
from typing import TYPE_CHECKING, Final

import structlog

if TYPE_CHECKING:
    from structlog.typing import EventDict, Processor, WrappedLogger

# What must not reach a log, wherever it came from: a traceback quotes the values of
# a failed query, a library logs a header.
_EMAIL: Final = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_CREDENTIAL: Final = re.compile(
    r"\b(Bearer|Token|Basic)\s+[\w.~+/=-]{8,}", re.IGNORECASE
)
_SECRET: Final = re.compile(
    r"""(["']?(?:password|secret|token)["']?\s*[:=]\s*)(["'])[^"']+\2""", re.IGNORECASE
)
# One of these is in every text that has something to mask, and in few others; to look
# for them is cheap, while the patterns would be half of the price of a line.
_MARKS: Final = ("@", "bearer", "token", "basic", "password", "secret")


def redact(_logger: "WrappedLogger", _method: str, event: "EventDict") -> "EventDict":
    """Mask e-mail addresses, credentials and passwords in every text of a line.

    Args:
        _logger: The logger, unused.
        _method: The level's name, unused.
        event: The line.

    Returns:
        The line with masked texts.
    """
    # Its representation quotes the query string; the path has a place of its own.
    event.pop("request", None)
    for key, value in event.items():
        event[key] = masked(value)
    return event


def masked(value: object) -> object:
    """Mask a text, and every text inside a list or a dictionary.

    Args:
        value: A value of a line.

    Returns:
        The value with masked texts.
    """
    match value:
        case str():
            lowered = value.lower()
            if not any(mark in lowered for mark in _MARKS):
                return value
            text = _EMAIL.sub("[email]", value)
            text = _CREDENTIAL.sub(r"\1 [redacted]", text)
            return _SECRET.sub(r"\1\2[redacted]\2", text)
        case dict():
            return {key: masked(item) for key, item in value.items()}
        case list() | tuple():
            return [masked(item) for item in value]
        case _:
            return value


SHARED_PROCESSORS: "Final[list[Processor]]" = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
