"""Caching of what selectors return."""

import functools
import hashlib
import inspect
import json
from typing import TYPE_CHECKING, Any, Final, cast

from django.core.cache import cache
from django.db import transaction

if TYPE_CHECKING:
    from collections.abc import Callable

_MISSING: Final = object()


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
