"""The connection to Redis."""

import time
from typing import TYPE_CHECKING, Final, cast, override

from redis.connection import ConnectionPool
from redis.exceptions import (
    ConnectionError as RedisConnectionError,
    TimeoutError as RedisTimeoutError,
)

if TYPE_CHECKING:
    from redis.connection import Connection, ConnectionInterface

RETRY_SECONDS: Final = 1


class FailFastPool(ConnectionPool):
    """Refuses at once while Redis is down, and looks once a second whether it is back.

    Otherwise every access of every request would wait for its own timeout.
    """

    # When the next look is due; 0 while Redis answers.
    next_look = 0.0

    @override
    def get_connection(
        self, command_name: str | None = None, *keys: object, **options: object
    ) -> "Connection":
        """Connect to Redis.

        Args:
            command_name: What no pool uses any more.
            *keys: The same.
            **options: The same.

        Raises:
            RedisConnectionError: If Redis cannot be reached, or could not be a moment
                ago.

        Returns:
            A connection that is open.
        """
        now = time.monotonic()
        if now < self.next_look:
            message = "Redis did not answer a moment ago"
            raise RedisConnectionError(message)
        if self.next_look:
            # The others need not wait for what this look finds.
            self.next_look = now + RETRY_SECONDS
        try:
            connection = super().get_connection()
        except (RedisConnectionError, RedisTimeoutError):
            self.next_look = time.monotonic() + RETRY_SECONDS
            raise
        self.next_look = 0.0
        return connection

    @override
    def release(self, connection: "ConnectionInterface") -> None:
        """Take a connection back.

        Args:
            connection: The connection, closed if Redis did not answer on it.
        """
        if not connection.is_connected:
            self.next_look = time.monotonic() + RETRY_SECONDS
        super().release(cast("Connection", connection))
