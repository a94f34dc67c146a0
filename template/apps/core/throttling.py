"""Throttles that count exactly, also when requests arrive in parallel.

REST framework's own throttles read a list, append to it and write it back, so that
parallel requests overwrite each other's entries. These count with an atomic increment,
which is one round trip to Redis.
"""

from typing import TYPE_CHECKING, override

from rest_framework.throttling import (
    AnonRateThrottle,
    SimpleRateThrottle,
    UserRateThrottle,
)

from apps.core.cache import increment

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView


class ExactRateThrottle(SimpleRateThrottle):
    """Allows a number of requests in the period that starts with a client's first.

    Without its cache it allows every request: an outage of Redis must not become an
    outage of the service.
    """

    num_requests: int | None
    duration: int | None

    @override
    def allow_request(self, request: "Request", view: "APIView") -> bool:
        """Count the request.

        Args:
            request: The request.
            view: The view it is for.

        Returns:
            Whether the client is within its rate.
        """
        key = self.get_cache_key(request, view)
        if key is None or self.num_requests is None or self.duration is None:
            return True
        counted = increment(key, period=self.duration)
        if counted is None:
            return True
        number, self.left = counted
        return number <= self.num_requests

    @override
    def wait(self) -> float:
        """Tell a refused client when to come back.

        Returns:
            The seconds until the period ends.
        """
        return max(self.left, 0)


class AnonThrottle(ExactRateThrottle, AnonRateThrottle):
    """Limits anonymous requests by client address (`THROTTLE_ANON`)."""


class UserThrottle(ExactRateThrottle, UserRateThrottle):
    """Limits requests by user, or by address without one (`THROTTLE_USER`)."""


class LoginThrottle(ExactRateThrottle, UserRateThrottle):
    """Limits guessing of credentials (`THROTTLE_LOGIN`).

    By client address, or by user where a signed-in one proves who they are again.
    """

    scope = "login"


class BurstUserThrottle(ExactRateThrottle, UserRateThrottle):
    """A tighter limit for a view that is dear to serve (`THROTTLE_BURST`)."""

    scope = "burst"


class SustainedUserThrottle(ExactRateThrottle, UserRateThrottle):
    """A daily limit for a view that is dear to serve (`THROTTLE_SUSTAINED`)."""

    scope = "sustained"
