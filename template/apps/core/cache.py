"""Caching of selectors' results."""

import functools
import hashlib
import inspect
import json
import logging
from typing import TYPE_CHECKING, Any, Final, cast

from django.core.cache import cache
from django.db import transaction

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

_MISSING: Final = object()


def cache_result[**P, T](
    *, ttl: int, key_prefix: str
) -> "Callable[[Callable[P, T]], Callable[P, T]]":
    """Return a decorator that caches a function's results, including `None`.

    Results are stored as JSON, so a function that returns a model raises `TypeError`: a
    cached user would copy the password hash to Redis and stay active after its
    deactivation. While Redis is down, every call runs the function.

    Args:
        ttl: Seconds. Limits how long a value is stale if `invalidate_cache` is not
            called, or runs before a concurrent reader stores the old value.
        key_prefix: Unique in the project.
    """

    def decorate(function: "Callable[P, T]") -> "Callable[P, T]":
        """Wrap a function."""

        @functools.wraps(function)
        def wrapper(*args: P.args, **kwargs: P.kwargs) -> T:
            """Return the cached result, or call the function and cache its result."""
            key = _cache_key(function, key_prefix, args, kwargs)
            stored: object = cache.get(key, _MISSING)
            if isinstance(stored, str):
                try:
                    return cast("T", json.loads(stored))
                except ValueError:
                    logger.warning("Cached result ignored: not JSON")
            result = function(*args, **kwargs)
            cache.set(key, json.dumps(result), ttl)
            return result

        wrapper.__dict__["key_prefix"] = key_prefix
        return wrapper

    return decorate


def invalidate_cache[**P](
    function: "Callable[P, object]", *args: P.args, **kwargs: P.kwargs
) -> None:
    """Delete a cached result after the commit.

    Before the commit another process could cache the old row again.

    Args:
        function: A function decorated with `cache_result`.
        *args: The arguments of the cached call.
        **kwargs: The arguments of the cached call.
    """
    original = inspect.unwrap(function)
    key = _cache_key(original, function.__dict__["key_prefix"], args, kwargs)
    transaction.on_commit(functools.partial(cache.delete, key))


def _cache_key(
    function: "Callable[..., object]",
    prefix: str,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> str:
    """Return the same key for positional and keyword arguments."""
    bound = inspect.signature(function).bind(*args, **kwargs)
    bound.apply_defaults()
    arguments = json.dumps(bound.arguments, sort_keys=True, default=str)
    return f"{prefix}:{hashlib.sha256(arguments.encode()).hexdigest()}"
