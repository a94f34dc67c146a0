"""The pool of connections to the database."""

import select
from typing import Any, Protocol, cast

from django.db import OperationalError, connection


class PooledConnection(Protocol):
    """What the check needs of the driver's connections."""

    def fileno(self) -> int:
        """Name the socket.

        Returns:
            Its number.
        """

    def close(self) -> None:
        """Close the connection."""


def check_open(pooled: PooledConnection) -> None:
    """Refuse a connection that the server has closed, and its like.

    What a server that stops says last waits to be read; on a connection that is idle
    and open there is nothing. The pool's own check is a round trip before every
    request. It also drops only one connection at a time, with growing pauses, so that
    requests fail after the database was restarted.

    Args:
        pooled: A connection that was idle.

    Raises:
        OperationalError: If it is closed.
    """
    poll = select.poll()
    poll.register(pooled, select.POLLIN)
    if poll.poll(0):
        pooled.close()
        cast("Any", connection).pool.check()
        message = "The server has closed the connection."
        raise OperationalError(message)
