"""Limit of wrong passwords for an account, over all addresses."""

import hashlib
import logging
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.core.cache import cache, caches
from django.core.cache.backends.locmem import LocMemCache
from redis.exceptions import RedisError
from rest_framework.exceptions import Throttled

from apps.core.exceptions import BusyError
from apps.users.normalization import normalize_email

if TYPE_CHECKING:
    from collections.abc import Iterator

logger = logging.getLogger(__name__)

COUNTED_SECONDS: Final = 30 * 24 * 60 * 60
# How long a device is known after a password was right from its address.
KNOWN_SECONDS: Final = 90 * 24 * 60 * 60
# Seconds until the next attempt, after the first, the second ... hundredth failure in a
# row (NIST SP 800-63B, "Rate Limiting"), also for an email address without an account.
DELAYS: Final = (
    *[0] * 9,
    *[min(30 * 2**doubled, 60 * 60) for doubled in range(90)],
    COUNTED_SECONDS,
)

# An attempt counts as a failure before the password is checked, so that parallel
# attempts count as well.
_START_SCRIPT: Final = """
local known = redis.call("EXISTS", KEYS[1])
local counter = known == 1 and KEYS[2] or KEYS[3]
local left = redis.call("PTTL", counter .. ":delay")
if left > 0 then return {known, left} end
local failures = redis.call("INCR", counter)
redis.call("EXPIRE", counter, ARGV[1])
local delay = tonumber(ARGV[1 + math.min(failures, #ARGV - 1)])
if delay > 0 then redis.call("SET", counter .. ":delay", 1, "EX", delay) end
return {known, 0}
"""
_SUCCEED_SCRIPT: Final = """
redis.call("SET", KEYS[1], 1, "EX", ARGV[1])
redis.call("DEL", KEYS[2], KEYS[2] .. ":delay")
return 1
"""


# Guesses from elsewhere must not lock the owner out, so a known device counts its own
# failures. Its network address identifies it: clients of a token API keep no cookies,
# and a signed device token would be a second secret for each of them to store.
class Counters(NamedTuple):
    """Cache keys of an account, and of one device of it."""

    known: str
    device: str
    account: str


@contextmanager
def counted(email: str, device: str) -> "Iterator[None]":
    """Yield once, and count a failure unless the block, which checks it, succeeds.

    While Redis is down, every attempt is allowed.

    Args:
        email: The address as the client wrote it.
        device: The client's address. Empty: unknown, the same for all such clients.

    Raises:
        Throttled: If the account has to wait. The password must not be checked.
    """
    counters = _get_counters(email, device)
    is_known, seconds_left = _start(counters)
    if seconds_left > 0:
        raise Throttled(seconds_left)
    counter = counters.device if is_known else counters.account
    try:
        yield
    except BusyError:
        # The password was not checked.
        cache.delete(f"{counter}:delay")
        with suppress(ValueError):
            cache.decr(counter)
        raise
    _succeed(counters.known, counter)


def reset(email: str) -> None:
    """Forget the failures of unknown devices, as when an admin saves the user.

    Args:
        email: The address of the account.
    """
    account = _get_counters(email, "").account
    cache.delete_many([account, f"{account}:delay"])


def _get_counters(email: str, device: str) -> Counters:
    """Return the keys, which do not contain the address."""
    account = hashlib.sha256(normalize_email(email).encode()).hexdigest()
    known = hashlib.sha256(f"{account}:{device}".encode()).hexdigest()
    return Counters(
        f"users.known_device:{known}",
        f"users.device_failures:{known}",
        f"users.account_failures:{account}",
    )


def _start(counters: Counters) -> tuple[bool, float]:
    """Return whether the device is known and the seconds to wait; 0 counts a failure."""
    store: Any = caches["default"]
    if isinstance(store, LocMemCache):
        return _start_locally(store, counters)
    keys = [store.client.make_key(key) for key in counters]
    try:
        is_known, milliseconds = store.client.get_client().eval(
            _START_SCRIPT, len(keys), *keys, COUNTED_SECONDS, *DELAYS
        )
    except RedisError:
        logger.warning("Password attempt not counted: Redis is down", exc_info=True)
        return False, 0
    return bool(is_known), milliseconds / 1000


def _start_locally(store: LocMemCache, counters: Counters) -> tuple[bool, float]:
    """Do what the script does, in the memory of this process."""
    is_known = counters.known in store
    counter = counters.device if is_known else counters.account
    seconds_left = store.get(f"{counter}:delay", 0) - time.time()
    if seconds_left > 0:
        return is_known, seconds_left
    store.add(counter, 0, COUNTED_SECONDS)
    failures = store.incr(counter)
    store.touch(counter, COUNTED_SECONDS)
    delay = DELAYS[min(failures, len(DELAYS)) - 1]
    store.set(f"{counter}:delay", time.time() + delay, delay)
    return is_known, 0


def _succeed(known: str, counter: str) -> None:
    """Store the device and forget the failures it was counted with."""
    store: Any = caches["default"]
    if isinstance(store, LocMemCache):
        store.set(known, 1, KNOWN_SECONDS)
        store.delete_many([counter, f"{counter}:delay"])
        return
    keys = [store.client.make_key(key) for key in (known, counter)]
    try:
        store.client.get_client().eval(_SUCCEED_SCRIPT, len(keys), *keys, KNOWN_SECONDS)
    except RedisError:
        logger.warning("Password attempts not reset: Redis is down", exc_info=True)
