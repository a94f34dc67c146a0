"""Check of pooled connections to PostgreSQL, which costs a system call."""

import select
from typing import Any, Protocol, cast

from django.db import OperationalError, connection


class PooledConnection(Protocol):
    """The methods of psycopg's connections that the check uses."""

    def fileno(self) -> int:
        """Return the file descriptor of the connection."""

    def close(self) -> None:
        """Close the connection."""


# psycopg's own check costs a round trip before every request and replaces one broken
# connection at a time, so requests fail after the database restarts. To return to it,
# remove `check` from the `pool` options in `DATABASES`.
def check_connection(pooled: PooledConnection) -> None:
    """Reject a pooled connection that the server has closed.

    Args:
        pooled: An idle connection; closed if it is rejected.

    Raises:
        OperationalError: If the server has closed the connection.
    """
    # An idle connection has nothing to read until the server closes it.
    poll = select.poll()
    poll.register(pooled, select.POLLIN)
    if poll.poll(0):
        pooled.close()
        # Replace the other closed connections of the pool, too.
        cast("Any", connection).pool.check()
        message = "The server has closed the connection."
        raise OperationalError(message)
