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

from apps.core.exceptions import envelope

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

logger = logging.getLogger(__name__)

TIME_LIMIT_SECONDS: Final = 2
# No middleware adds them here, and an old answer would lie.
HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
# One thread for each service: a hung one cannot pile up threads, probe after probe,
# nor keep the other's check waiting.
DATABASE_THREAD: Final = ThreadPoolExecutor(1, "health-database")
CACHE_THREAD: Final = ThreadPoolExecutor(1, "health-cache")


@csrf_exempt
async def health(request: "HttpRequest") -> "HttpResponse":
    """Report whether the process can do its work (readiness).

    Args:
        request: A GET or HEAD request; nobody has to log in.

    Returns:
        200 if the database and the cache answer, else 503 with a short reason for each
        that does not; within 3 s, also when a service hangs.
    """
    if request.method not in {"GET", "HEAD"}:
        return method_not_allowed(request)
    database, cached = await asyncio.gather(
        run_check(check_database, DATABASE_THREAD), run_check(check_cache, CACHE_THREAD)
    )
    healthy = database == cached == "ok"
    return JsonResponse(
        {
            "status": "healthy" if healthy else "unhealthy",
            "db": database,
            "cache": cached,
        },
        status=HTTPStatus.OK if healthy else HTTPStatus.SERVICE_UNAVAILABLE,
        headers=HEADERS,
    )


@csrf_exempt
async def live(request: "HttpRequest") -> "HttpResponse":
    """Report that the process runs (liveness), without asking any service.

    A restart mends no outage of the database, so liveness must not depend on it.

    Args:
        request: A GET or HEAD request; nobody has to log in.

    Returns:
        200.
    """
    if request.method not in {"GET", "HEAD"}:
        return method_not_allowed(request)
    return JsonResponse({"status": "alive"}, headers=HEADERS)


def method_not_allowed(request: "HttpRequest") -> "HttpResponse":
    """Refuse a request that is neither GET nor HEAD.

    Args:
        request: The request.

    Returns:
        The envelope, with status 405.
    """
    detail = f'Method "{request.method}" not allowed.'
    response = envelope(HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed", detail)
    response.headers["Allow"] = "GET, HEAD"
    return response


async def run_check(check: "Callable[[], bool]", thread: ThreadPoolExecutor) -> str:
    """Run a blocking check for at most two seconds.

    Args:
        check: Tells whether a service answers.
        thread: Where it runs.

    Returns:
        `ok`, `error: unavailable` or `error: timeout`.
    """
    try:
        async with asyncio.timeout(TIME_LIMIT_SECONDS):
            answers = await sync_to_async(
                check, thread_sensitive=False, executor=thread
            )()
    except TimeoutError:
        logger.warning("Health check timed out", extra={"check": check.__name__})
        return "error: timeout"
    except Exception:
        # Whatever a driver raises: the probe needs an answer, the log the reason.
        logger.warning("Health check failed", exc_info=True)
        return "error: unavailable"
    return "ok" if answers else "error: unavailable"


def check_database() -> bool:
    """Use a connection to the database, and give it back.

    Returns:
        Whether the database answers.
    """
    try:
        connection.ensure_connection()
        return connection.is_usable()
    finally:
        connection.close()


def check_cache() -> bool:
    """Write a value to the cache.

    Returns:
        Whether the cache answers; while it does not, it returns None.
    """
    return cache.add("health", 1, timeout=1) is not None
