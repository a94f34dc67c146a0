"""Throttles that count exactly, also for parallel requests."""

import logging
import time
from typing import TYPE_CHECKING, Any, Final, override

from django.core.cache import caches
from django.core.cache.backends.locmem import LocMemCache
from redis.exceptions import RedisError
from rest_framework.throttling import (
    AnonRateThrottle,
    SimpleRateThrottle,
    UserRateThrottle,
)

from apps.core.client_address import get_client_address

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView

logger = logging.getLogger(__name__)

# Key of `request.META`: a throttle has counted the request.
COUNTED: Final = "THROTTLE_COUNTED"

_INCREMENT_SCRIPT: Final = """
local count = redis.call("INCR", KEYS[1])
if count == 1 then redis.call("EXPIRE", KEYS[1], ARGV[1]) end
return {count, redis.call("PTTL", KEYS[1])}
"""


# REST framework's throttles overwrite each other's entries in parallel requests. To
# go back, set those as `DEFAULT_THROTTLE_CLASSES` and remove this base class.
class ExactRateThrottle(SimpleRateThrottle):
    """Limits the requests in a period that starts with the client's first request.

    Allows every request while Redis is down, so that the service stays available.
    """

    num_requests: int | None
    duration: int | None

    @override
    def get_ident(self, request: "Request") -> str:
        """Count the addresses of an IPv6 network as one client."""
        return get_client_address(request)

    @override
    def allow_request(self, request: "Request", view: "APIView") -> bool:
        """Count the request with an atomic increment."""
        request.META[COUNTED] = True
        key = self.get_cache_key(request, view)
        if key is None or self.num_requests is None or self.duration is None:
            return True
        counted = _increment(key, self.duration)
        if counted is None:
            return True
        count, self.seconds_left = counted
        return count <= self.num_requests

    @override
    def wait(self) -> float:
        """Return the seconds until the period ends, for `Retry-After`."""
        return max(self.seconds_left, 0)


class AnonThrottle(ExactRateThrottle, AnonRateThrottle):
    """Limits anonymous requests by client address (`THROTTLE_ANON`)."""


class UserThrottle(ExactRateThrottle, UserRateThrottle):
    """Limits requests by user (`THROTTLE_USER`); `AnonThrottle` limits the others."""

    @override
    def get_cache_key(self, request: "Request", view: "APIView") -> str | None:
        """Skip anonymous requests, which would cost a second round trip."""
        if not request.user.is_authenticated:
            return None
        return super().get_cache_key(request, view)


class LoginThrottle(ExactRateThrottle, UserRateThrottle):
    """Limits password attempts by user, or anonymous ones by address (`THROTTLE_LOGIN`)."""

    scope = "login"


class BurstUserThrottle(ExactRateThrottle, UserRateThrottle):
    """Stricter limit for expensive views (`THROTTLE_BURST`)."""

    scope = "burst"


class SustainedUserThrottle(ExactRateThrottle, UserRateThrottle):
    """Daily limit for expensive views (`THROTTLE_SUSTAINED`)."""

    scope = "sustained"


def _increment(key: str, period: int) -> tuple[int, float] | None:
    """Count one request; return the count and the seconds until the period ends."""
    store: Any = caches["default"]
    if isinstance(store, LocMemCache):
        if store.add(key, 0, period):
            store.set(f"{key}:end", time.time() + period, period)
        try:
            count = store.incr(key)
        except ValueError:  # The key expired after add().
            count = 1
        return count, store.get(f"{key}:end", 0) - time.time()
    try:
        count, milliseconds = store.client.get_client().eval(
            _INCREMENT_SCRIPT, 1, store.client.make_key(key), period
        )
    except RedisError:
        logger.warning("Request not throttled: Redis is down", exc_info=True)
        return None
    return count, milliseconds / 1000
