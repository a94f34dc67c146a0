"""Tests of the circuit breaker for Redis."""

import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest
from redis import Redis
from redis.exceptions import RedisError

from apps.core.connections.redis_pool import CircuitBreakerPool

if TYPE_CHECKING:
    from collections.abc import Iterator

TIMEOUT_SECONDS = 0.2


@pytest.fixture
def unresponsive_redis() -> "Iterator[Redis]":
    """Yield a client of a server that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        url = f"redis://127.0.0.1:{port}/0"
        pool = CircuitBreakerPool.from_url(
            url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
        )
        with Redis(connection_pool=pool) as client:
            yield client


def duration(client: Redis) -> float:
    """Return the seconds until a command fails."""
    started = time.monotonic()
    with pytest.raises(RedisError):
        client.get("key")
    return time.monotonic() - started


def test_only_the_first_command_waits_for_the_timeout(
    unresponsive_redis: Redis,
) -> None:
    assert duration(unresponsive_redis) >= TIMEOUT_SECONDS
    assert max(duration(unresponsive_redis) for _command in range(20)) < TIMEOUT_SECONDS


def test_others_fail_immediately_while_one_command_retries(
    unresponsive_redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "apps.core.connections.redis_pool.RETRY_SECONDS", 1.5 * TIMEOUT_SECONDS
    )
    duration(unresponsive_redis)
    time.sleep(1.6 * TIMEOUT_SECONDS)

    retry = threading.Thread(target=duration, args=(unresponsive_redis,))
    retry.start()
    time.sleep(TIMEOUT_SECONDS / 4)

    assert duration(unresponsive_redis) < TIMEOUT_SECONDS / 2
    retry.join()
