"""Health checks for load balancers and orchestrators."""

import asyncio
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from django.core.cache import cache
from django.db import connection
from django.http import JsonResponse
from django.views.decorators.csrf import csrf_exempt

from apps.core.exceptions import error_response

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from django.http import HttpRequest, HttpResponse

logger = logging.getLogger(__name__)

TIME_LIMIT_SECONDS: Final = 2
# Health checks bypass the middleware that sets security headers.
HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class ServiceCheck:
    """Checks a service, once at a time; all requests that wait share the result."""

    def __init__(self, name: str, is_available: "Callable[[], bool]") -> None:
        """Prepare a check, which may block, and may raise any exception."""
        self.name = name
        self.is_available = is_available
        # Its own, so that a hanging service does not block the other check.
        self.executor = ThreadPoolExecutor(1, f"health-{name}")
        self.running: Future[str] | None = None
        # Of the check that runs.
        self.deadline = 0.0

    async def run(self) -> str:
        """Return `ok`, or `error: ` and a reason, within `TIME_LIMIT_SECONDS`."""
        starts = self.running is None or self.running.done()
        if self.running is None or starts:
            self.deadline = time.monotonic() + TIME_LIMIT_SECONDS
            self.running = self.executor.submit(self._check)
        try:
            async with asyncio.timeout(self.deadline - time.monotonic()):
                # Shielded, because a client that leaves ends only its own waiting.
                return await asyncio.shield(asyncio.wrap_future(self.running))
        except TimeoutError:
            if starts:
                logger.warning("Health check timed out", extra={"check": self.name})
            return "error: timeout"

    def _check(self) -> str:
        """Return the result, and log an exception."""
        try:
            available = self.is_available()
        except Exception:
            # Any error of a driver means unavailable; its text belongs in the log only.
            logger.warning("Health check failed", exc_info=True)
            available = False
        return "ok" if available else "error: unavailable"


@csrf_exempt
async def readiness(request: "HttpRequest") -> "HttpResponse":
    """Return 200 if the database and the cache respond, else 503 with the reasons.

    Responds within 3 seconds, also when a service hangs.
    """
    if request.method not in {"GET", "HEAD"}:
        return method_not_allowed(request)
    database, cache_state = await asyncio.gather(
        DATABASE_CHECK.run(), CACHE_CHECK.run()
    )
    healthy = database == cache_state == "ok"
    return JsonResponse(
        {
            "status": "healthy" if healthy else "unhealthy",
            "db": database,
            "cache": cache_state,
        },
        status=HTTPStatus.OK if healthy else HTTPStatus.SERVICE_UNAVAILABLE,
        headers=HEADERS,
    )


@csrf_exempt
async def liveness(request: "HttpRequest") -> "HttpResponse":
    """Return 200 while the process runs: a restart does not fix other services."""
    if request.method not in {"GET", "HEAD"}:
        return method_not_allowed(request)
    return JsonResponse({"status": "alive"}, headers=HEADERS)


def method_not_allowed(request: "HttpRequest") -> "HttpResponse":
    """Return 405 for a request that is neither GET nor HEAD."""
    detail = f'Method "{request.method}" not allowed.'
    response = error_response(
        HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed", detail
    )
    response.headers["Allow"] = "GET, HEAD"
    return response


def is_database_available() -> bool:
    """Return whether a database connection is usable."""
    try:
        connection.ensure_connection()
        return connection.is_usable()
    finally:
        connection.close()


def is_cache_available() -> bool:
    """Return whether the cache accepts a write."""
    # While Redis is down, add() returns None instead of a boolean.
    return cache.add("health", 1, timeout=1) is not None


DATABASE_CHECK: Final = ServiceCheck("database", is_database_available)
CACHE_CHECK: Final = ServiceCheck("cache", is_cache_available)
