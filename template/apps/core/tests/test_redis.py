"""Tests of the connection to Redis."""

import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest
from redis import Redis
from redis.exceptions import RedisError

from apps.core.redis import FailFastPool

if TYPE_CHECKING:
    from collections.abc import Iterator

TIMEOUT_SECONDS = 0.2


@pytest.fixture
def silent() -> "Iterator[Redis]":
    """A client of a server that accepts connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        url = f"redis://127.0.0.1:{port}/0"
        pool = FailFastPool.from_url(
            url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
        )
        with Redis(connection_pool=pool) as client:
            yield client


def duration(client: Redis) -> float:
    """Return the seconds until an access has failed."""
    started = time.monotonic()
    with pytest.raises(RedisError):
        client.get("key")
    return time.monotonic() - started


def test_only_the_first_access_waits(silent: Redis) -> None:
    assert duration(silent) >= TIMEOUT_SECONDS
    assert max(duration(silent) for _access in range(20)) < TIMEOUT_SECONDS


def test_one_access_looks_whether_redis_is_back(
    silent: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.core.redis.RETRY_SECONDS", 1.5 * TIMEOUT_SECONDS)
    duration(silent)
    time.sleep(1.6 * TIMEOUT_SECONDS)

    look = threading.Thread(target=duration, args=(silent,))
    look.start()
    time.sleep(TIMEOUT_SECONDS / 4)

    assert duration(silent) < TIMEOUT_SECONDS / 2
    look.join()
