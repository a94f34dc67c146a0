"""What the server may log about sockets."""

import logging
from typing import Final, override

MALFORMED: Final = "Invalid UTF-8 sequence received from client."


class SocketFilter(logging.Filter):
    """Keeps the server's own lines about sockets out of the log.

    They quote the query string and, at the level DEBUG, the headers with the token; a
    client that sends nonsense earns a traceback. `apps.core.consumers` has a line of
    its own for every socket.
    """

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        """Decide about a line.

        Args:
            record: The line.

        Returns:
            Whether it is logged.
        """
        return record.levelno >= logging.WARNING and record.msg != MALFORMED
