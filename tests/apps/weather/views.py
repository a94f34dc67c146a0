"""HTTP endpoints.

They wait for another service, so they are coroutines, which are plain Django views.
"""

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_not_required
from django.http import JsonResponse, StreamingHttpResponse
from django.views.decorators.csrf import csrf_exempt

from apps.core.exceptions import NotFoundError, envelope
from apps.core.healthcheck import method_not_allowed
from apps.weather import selectors, services

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase


@csrf_exempt
@login_not_required
async def forecast(request: "HttpRequest", place: str) -> "HttpResponse":
    """Show the weather of a place.

    Args:
        request: The request.
        place: The place's name.

    Returns:
        200 with the forecast, or 404.
    """
    if request.method not in {"GET", "HEAD"}:
        return method_not_allowed(request)
    try:
        found = await services.forecast(name=place)
    except NotFoundError:
        return envelope(HTTPStatus.NOT_FOUND, "not_found", "No forecast.")
    return JsonResponse(found)


@csrf_exempt
@login_not_required
async def favourites(request: "HttpRequest") -> "HttpResponseBase":
    """Stream the places that are asked for most, line by line.

    Args:
        request: The request.

    Returns:
        200 with a name in each line.
    """
    if request.method not in {"GET", "HEAD"}:
        return method_not_allowed(request)
    return StreamingHttpResponse(lines(), content_type="text/plain")


async def lines() -> "AsyncIterator[str]":
    """Write the lines.

    Yields:
        A line.
    """
    for name in await selectors.favourites():
        yield f"{name}\n"
    yield f"{await selectors.total()}\n"
