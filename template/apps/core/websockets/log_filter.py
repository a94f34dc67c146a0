"""Filter for the server's log records about WebSockets."""

import logging
from typing import Final, override

MALFORMED: Final = "Invalid UTF-8 sequence received from client."


class WebSocketLogFilter(logging.Filter):
    """Drops the server's log records about WebSockets below WARNING.

    They contain the query string and, at level DEBUG, the headers with the token. Also
    drops the traceback that the server logs when a client sends invalid UTF-8.
    """

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        """Keep warnings and errors, except for invalid UTF-8."""
        return record.levelno >= logging.WARNING and record.msg != MALFORMED
