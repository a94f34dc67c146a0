"""Filter for the server's log records about WebSockets."""

import logging
from typing import Final, override

MALFORMED: Final = "Invalid UTF-8 sequence received from client."


class WebSocketLogFilter(logging.Filter):
    """Drops records below WARNING: they contain query strings and, at DEBUG, tokens."""

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        """Keep warnings and errors, without the traceback for invalid UTF-8."""
        return record.levelno >= logging.WARNING and record.msg != MALFORMED
