"""Middleware."""

import logging
import re
import time
import uuid
from typing import TYPE_CHECKING, Final, cast

import structlog
from asgiref.sync import async_to_sync, iscoroutinefunction
from django.utils.decorators import sync_and_async_middleware
from django.utils.deprecation import MiddlewareMixin
from django.utils.functional import LazyObject, empty

from apps.core import error_views
from apps.core.exceptions import BusyError
from apps.core.healthcheck import liveness, readiness

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase

logger = logging.getLogger(__name__)

HEALTH_PREFIX: Final = "/api/health/"
HEALTH_CHECKS: Final = {HEALTH_PREFIX: readiness, f"{HEALTH_PREFIX}live/": liveness}
REQUEST_ID: Final = re.compile(r"[\w.-]{1,64}", re.ASCII)


# Sync and async, so that Django does not switch threads for it.
@sync_and_async_middleware
def request_context(
    get_response: "Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]",
) -> "Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]":
    """Return middleware that assigns a request ID and logs each request.

    Args:
        get_response: The next middleware or the view.
    """

    def start(request: "HttpRequest") -> float:
        """Bind the request ID and return the start time."""
        sent = request.headers.get("X-Request-ID", "")
        request_id = sent if REQUEST_ID.fullmatch(sent) else uuid.uuid4().hex
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        request.META["REQUEST_ID"] = request_id
        return time.perf_counter()

    def finish(
        request: "HttpRequest", response: "HttpResponseBase", started: float
    ) -> "HttpResponseBase":
        """Set `X-Request-ID` and log the request."""
        response.headers["X-Request-ID"] = request.META["REQUEST_ID"]
        if not request.path.startswith(HEALTH_PREFIX):
            logger.info(
                "request",
                extra={
                    "method": request.method,
                    "path": request.path,
                    "status": response.status_code,
                    "duration_ms": round(1000 * (time.perf_counter() - started), 1),
                    "user_id": _user_id(request),
                },
            )
        return response

    if iscoroutinefunction(get_response):

        async def async_middleware(request: "HttpRequest") -> "HttpResponseBase":
            """Handle a request on the event loop."""
            started = start(request)
            return finish(request, await get_response(request), started)

        return async_middleware

    def middleware(request: "HttpRequest") -> "HttpResponseBase":
        """Handle a request in a thread."""
        started = start(request)
        response = cast("HttpResponseBase", get_response(request))
        return finish(request, response, started)

    return middleware


@sync_and_async_middleware
def health_checks(
    get_response: "Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]",
) -> "Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]":
    """Return middleware that answers health checks before any later middleware.

    A probe uses plain HTTP and the container's address, not one of `ALLOWED_HOSTS`.

    Args:
        get_response: The next middleware or the view.
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


class BusyMiddleware(MiddlewareMixin):
    """Returns 503 if a view without REST framework, such as the admin's, raises `BusyError`."""

    def process_exception(
        self, request: "HttpRequest", exception: Exception
    ) -> "HttpResponse | None":
        """Return the response, or None for other exceptions."""
        if isinstance(exception, BusyError):
            return error_views.busy(request, exception)
        return None


def _user_id(request: "HttpRequest") -> str | None:
    """Return the user's primary key, or None for an anonymous user."""
    user = getattr(request, "user", None)
    # No view has used the session's user; loading it for the log costs a query.
    if isinstance(user, LazyObject) and user.__dict__.get("_wrapped") is empty:
        return None
    key: object = getattr(user, "pk", None)
    return None if key is None else str(key)
