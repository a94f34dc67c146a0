"""Middleware."""

import logging
import re
import time
import uuid
from typing import TYPE_CHECKING, Final, cast

import structlog
from asgiref.sync import async_to_sync, iscoroutinefunction
from django.utils.decorators import sync_and_async_middleware
from django.utils.functional import LazyObject, empty

from apps.core.healthcheck import health, live

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

logger = logging.getLogger(__name__)

HEALTH_PREFIX: Final = "/api/health/"
HEALTH_CHECKS: Final = {HEALTH_PREFIX: health, f"{HEALTH_PREFIX}live/": live}
REQUEST_ID: Final = re.compile(r"[\w.-]{1,64}", re.ASCII)


@sync_and_async_middleware
def request_context(
    get_response: "Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]",
) -> "Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]":
    """Give each request an id and a line in the log.

    Works on the event loop and in threads, so that it costs no switch between them.

    Args:
        get_response: The next middleware or the view.

    Returns:
        The middleware.
    """

    def begin(request: "HttpRequest") -> float:
        """Name the request and start the clock."""
        sent = request.headers.get("X-Request-ID", "")
        request_id = sent if REQUEST_ID.fullmatch(sent) else uuid.uuid4().hex
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        request.META["REQUEST_ID"] = request_id
        return time.perf_counter()

    def end(
        request: "HttpRequest", response: "HttpResponseBase", started: float
    ) -> "HttpResponseBase":
        """Return the request's id to the client and write the log line."""
        response.headers["X-Request-ID"] = request.META["REQUEST_ID"]
        if not request.path.startswith(HEALTH_PREFIX):
            logger.info(
                "request",
                extra={
                    "method": request.method,
                    "path": request.path,
                    "status": response.status_code,
                    "duration_ms": round(1000 * (time.perf_counter() - started), 1),
                    "user_id": user_id(request),
                },
            )
        return response

    if iscoroutinefunction(get_response):

        async def async_middleware(request: "HttpRequest") -> "HttpResponseBase":
            """Handle a request on the event loop."""
            started = begin(request)
            return end(request, await get_response(request), started)

        return async_middleware

    def middleware(request: "HttpRequest") -> "HttpResponseBase":
        """Handle a request in a thread."""
        started = begin(request)
        response = cast("HttpResponseBase", get_response(request))
        return end(request, response, started)

    return middleware


@sync_and_async_middleware
def health_checks(
    get_response: "Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]",
) -> "Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]":
    """Answer probes without the other middleware.

    A probe calls a container by its address, which is no allowed host, over plain http,
    and every few seconds.

    Args:
        get_response: The next middleware or the view.

    Returns:
        The middleware.
    """
    if iscoroutinefunction(get_response):

        async def async_middleware(request: "HttpRequest") -> "HttpResponseBase":
            """Handle a request on the event loop."""
            return await HEALTH_CHECKS.get(request.path, get_response)(request)

        return async_middleware

    def middleware(request: "HttpRequest") -> "HttpResponseBase":
        """Handle a request in a thread."""
        if request.path in HEALTH_CHECKS:
            return async_to_sync(HEALTH_CHECKS[request.path])(request)
        return cast("HttpResponseBase", get_response(request))

    return middleware


def user_id(request: "HttpRequest") -> str | None:
    """Name the user of a request that has been answered.

    Args:
        request: The request.

    Returns:
        The user's primary key, or None for an anonymous user and for one that no view
        asked for: to load the session's user now would cost a query.
    """
    user = getattr(request, "user", None)
    if isinstance(user, LazyObject) and user.__dict__.get("_wrapped") is empty:
        return None
    key: object = getattr(user, "pk", None)
    return None if key is None else str(key)
