"""Health checks for load balancers and orchestrators."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from asgiref.sync import sync_to_async
from django.core.cache import cache
from django.db import connection
from django.http import JsonResponse
from django.views.decorators.csrf import csrf_exempt

from apps.core.exceptions import error_response

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

logger = logging.getLogger(__name__)

TIME_LIMIT_SECONDS: Final = 2
# Health checks bypass the middleware that sets security headers.
HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
# One thread for each service: a hanging service blocks neither the other check nor a
# further thread with every probe.
DATABASE_THREAD: Final = ThreadPoolExecutor(1, "health-database")
CACHE_THREAD: Final = ThreadPoolExecutor(1, "health-cache")


@csrf_exempt
async def readiness(request: "HttpRequest") -> "HttpResponse":
    """Return 200 if the database and the cache respond, else 503 with the reasons.

    Responds within 3 seconds, also when a service hangs.
    """
    if request.method not in {"GET", "HEAD"}:
        return method_not_allowed(request)
    database, cache_state = await asyncio.gather(
        _run_check(is_database_available, DATABASE_THREAD),
        _run_check(is_cache_available, CACHE_THREAD),
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
    """Return 200 while the process runs.

    Independent of other services: a restart does not fix an outage of the database.
    """
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


async def _run_check(
    is_available: "Callable[[], bool]", thread: ThreadPoolExecutor
) -> str:
    """Run a blocking check in a thread, for at most `TIME_LIMIT_SECONDS`."""
    try:
        async with asyncio.timeout(TIME_LIMIT_SECONDS):
            available = await sync_to_async(
                is_available, thread_sensitive=False, executor=thread
            )()
    except TimeoutError:
        logger.warning("Health check timed out", extra={"check": is_available.__name__})
        return "error: timeout"
    except Exception:
        # Any error of a driver means unavailable; its text belongs in the log only.
        logger.warning("Health check failed", exc_info=True)
        return "error: unavailable"
    return "ok" if available else "error: unavailable"


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
