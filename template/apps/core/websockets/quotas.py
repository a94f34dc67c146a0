"""Quotas of a user, over all WebSockets and processes."""

import asyncio
import logging
import time
import uuid
from functools import partial
from typing import Any, Final

from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.locmem import LocMemCache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

# An open WebSocket renews its entry more often; that of a killed process expires.
LEASE_SECONDS: Final = 150
MINUTE: Final = 60

# KEYS[1] is a sorted set of entries by expiry. ARGV: entry, limit, seconds to live.
_TAKE_SCRIPT: Final = """
local time = redis.call("TIME")
local now = time[1] + time[2] / 1000000
redis.call("ZREMRANGEBYSCORE", KEYS[1], "-inf", now)
if not redis.call("ZSCORE", KEYS[1], ARGV[1])
    and redis.call("ZCARD", KEYS[1]) >= tonumber(ARGV[2]) then return 0 end
redis.call("ZADD", KEYS[1], now + ARGV[3], ARGV[1])
redis.call("EXPIRE", KEYS[1], ARGV[3])
return 1
"""

# Without `REDIS_URL`, each process counts its own.
_local: dict[str, dict[str, float]] = {}


async def keep_open(*, user_id: uuid.UUID, websocket: str) -> bool:
    """Return whether a user may have a WebSocket open for `LEASE_SECONDS`.

    Args:
        user_id: Primary key of the user.
        websocket: Identifies the WebSocket; renews its entry if it has one.
    """
    limit = settings.WEBSOCKET_MAX_PER_USER
    return await _take(_open_key(user_id), websocket, limit, LEASE_SECONDS)


async def count_message(*, user_id: uuid.UUID) -> bool:
    """Return whether a user may send a message, which is counted.

    Args:
        user_id: Primary key of the user.
    """
    key, limit = f"websocket-messages:{user_id}", settings.WEBSOCKET_MESSAGES_PER_MINUTE
    return await _take(key, uuid.uuid4().hex, limit, MINUTE)


async def discard(*, user_id: uuid.UUID, websocket: str) -> None:
    """Remove the entry of a WebSocket that has ended.

    Args:
        user_id: Primary key of the user.
        websocket: The WebSocket; nothing happens if it has no entry.
    """
    key = _open_key(user_id)
    store: Any = caches["default"]
    if isinstance(store, LocMemCache):
        _local.get(key, {}).pop(websocket, None)
        return
    try:
        name = store.client.make_key(key)
        await asyncio.to_thread(store.client.get_client().zrem, name, websocket)
    except RedisError:
        logger.warning("WebSocket not discarded: Redis is down")


def _open_key(user_id: uuid.UUID) -> str:
    """Return the key of a user's open WebSockets."""
    return f"websockets:{user_id}"


async def _take(key: str, entry: str, limit: int, seconds: int) -> bool:
    """Add or renew an entry; return False if the key has `limit` others."""
    store: Any = caches["default"]
    if isinstance(store, LocMemCache):
        return _take_locally(key, entry, limit, seconds)
    arguments = (store.client.make_key(key), entry, limit, seconds)
    try:
        take = partial(store.client.get_client().eval, _TAKE_SCRIPT, 1, *arguments)
        return bool(await asyncio.to_thread(take))
    except RedisError:
        logger.warning("WebSocket not limited: Redis is down")
        return True


def _take_locally(key: str, entry: str, limit: int, seconds: int) -> bool:
    """Do what the script does, in this process."""
    now = time.monotonic()
    entries = {name: end for name, end in _local.get(key, {}).items() if end > now}
    is_allowed = entry in entries or len(entries) < limit
    if is_allowed:
        entries[entry] = now + seconds
    _local[key] = entries
    return is_allowed
