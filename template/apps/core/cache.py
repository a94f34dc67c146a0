"""Caching of what selectors return."""

import functools
import hashlib
import inspect
import json
import logging
import time
from typing import TYPE_CHECKING, Any, Final, cast

from django.core.cache import cache, caches
from django.core.cache.backends.locmem import LocMemCache
from django.db import transaction
from redis.exceptions import RedisError

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

_MISSING: Final = object()
_INCREMENT: Final = """
local number = redis.call("INCR", KEYS[1])
if number == 1 then redis.call("EXPIRE", KEYS[1], ARGV[1]) end
return {number, redis.call("PTTL", KEYS[1])}
"""


def cache_result[**P, T](
    *, ttl: int, key_prefix: str
) -> "Callable[[Callable[P, T]], Callable[P, T]]":
    """Remember what a function returns, `None` included.

    Values are stored as JSON, so a function that returns a model fails: a cached user
    would carry the password's hash to Redis and outlive its deactivation. While Redis
    is down the function is simply called.

    Args:
        ttl: Seconds for which a value may be served, also if `invalidate_cache` is
            forgotten or loses a race with a reader.
        key_prefix: Tells the functions apart; unique in the project.

    Returns:
        The decorator.
    """

    def decorate(function: "Callable[P, T]") -> "Callable[P, T]":
        """Wrap a function."""

        @functools.wraps(function)
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
            """Answer from the cache, or call the function and remember."""
            key = cache_key(function, key_prefix, args, kwargs)
            stored: object = cache.get(key, _MISSING)
            if isinstance(stored, str):
                return cast("T", json.loads(stored))
            result = function(*args, **kwargs)
            cache.set(key, json.dumps(result), ttl)
            return result

        wrapper.__dict__["key_prefix"] = key_prefix
        return wrapper

    return decorate


def invalidate_cache[**P](
    function: "Callable[P, object]", *args: P.args, **kwargs: P.kwargs
) -> None:
    """Forget what a cached function returned for some arguments, after the commit.

    Before the commit another process would read, and remember, the old row.

    Args:
        function: A function decorated with `cache_result`.
        *args: The arguments of the call to forget.
        **kwargs: The arguments of the call to forget.
    """
    original = inspect.unwrap(function)
    key = cache_key(original, function.__dict__["key_prefix"], args, kwargs)
    transaction.on_commit(functools.partial(cache.delete, key))


def cache_key(
    function: "Callable[..., object]",
    prefix: str,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> str:
    """Name a call, whichever way its arguments are passed.

    Args:
        function: The function.
        prefix: Its prefix.
        args: Positional arguments.
        kwargs: Keyword arguments.

    Returns:
        The key.
    """
    bound = inspect.signature(function).bind(*args, **kwargs)
    bound.apply_defaults()
    arguments = json.dumps(bound.arguments, sort_keys=True, default=str)
    return f"{prefix}:{hashlib.sha256(arguments.encode()).hexdigest()}"


def increment(key: str, *, period: int) -> tuple[int, float] | None:
    """Count an event, exactly, also if others count the same at that moment.

    Costs one round trip to Redis.

    Args:
        key: What is counted.
        period: Seconds after which the next event starts to count from 1 again.

    Returns:
        The number of the event in its period and the seconds until that ends, or None
        while Redis is down.
    """
    store: Any = caches["default"]
    if isinstance(store, LocMemCache):
        if store.add(key, 0, period):
            store.set(f"{key}:end", time.time() + period, period)
        try:
            number = store.incr(key)
        except ValueError:  # The period ended between the two calls.
            number = 1
        return number, store.get(f"{key}:end", 0) - time.time()
    try:
        number, left = store.client.get_client().eval(
            _INCREMENT, 1, store.client.make_key(key), period
        )
    except RedisError:
        logger.warning("Redis cannot count", exc_info=True)
        return None
    return number, left / 1000
