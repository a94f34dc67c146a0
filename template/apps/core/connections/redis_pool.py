"""Circuit breaker for connections to Redis."""

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


# To return to redis-py's pool, where each access waits for the timeout, remove
# `CONNECTION_POOL_CLASS` from `CACHES`.
class CircuitBreakerPool(ConnectionPool):
    """Fail immediately while Redis is down; retry once per second."""

    # Monotonic time of the next attempt; 0 while Redis is available.
    retry_at = 0.0

    @override
    def get_connection(
        self, command_name: str | None = None, *keys: object, **options: object
    ) -> "Connection":
        """Connect, or raise `RedisConnectionError` until the next attempt is due."""
        now = time.monotonic()
        if now < self.retry_at:
            message = f"Redis was unavailable less than {RETRY_SECONDS} s ago."
            raise RedisConnectionError(message)
        if self.retry_at:
            # Only this thread makes the attempt; the others fail until it ends.
            self.retry_at = now + RETRY_SECONDS
        try:
            connection = super().get_connection()
        except (RedisConnectionError, RedisTimeoutError):
            self.retry_at = time.monotonic() + RETRY_SECONDS
            raise
        self.retry_at = 0.0
        return connection

    @override
    def release(self, connection: "ConnectionInterface") -> None:
        """Return a connection; one that is closed means that Redis is down."""
        if not connection.is_connected:
            self.retry_at = time.monotonic() + RETRY_SECONDS
        super().release(cast("Connection", connection))
