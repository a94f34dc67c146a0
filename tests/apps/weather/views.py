"""HTTP endpoints.

They wait for another service, so they are coroutines, which are plain Django views.
"""

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_not_required
from django.http import JsonResponse, StreamingHttpResponse
from django.views.decorators.csrf import csrf_exempt

from apps.core.exceptions import NotFoundError, error_response
from apps.core.healthcheck import method_not_allowed
from apps.weather import selectors, services

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase


@csrf_exempt
@login_not_required
async def forecast(request: "HttpRequest", place: str) -> "HttpResponse":
    """Return the weather of a place.

    Args:
        request: The request.
        place: The place's name.
    """
    if request.method not in {"GET", "HEAD"}:
        return method_not_allowed(request)
    try:
        found = await services.forecast(name=place)
    except NotFoundError:
        return error_response(HTTPStatus.NOT_FOUND, "not_found", "No forecast.")
    return JsonResponse(found)


@csrf_exempt
@login_not_required
async def favourites(request: "HttpRequest") -> "HttpResponseBase":
    """Return a stream of the most requested places, one per line.

    Args:
        request: The request.
    """
    if request.method not in {"GET", "HEAD"}:
        return method_not_allowed(request)
    return StreamingHttpResponse(lines(), content_type="text/plain")


async def lines() -> "AsyncIterator[str]":
    """Yield the lines."""
    for name in await selectors.favourites():
        yield f"{name}\n"
    yield f"{await selectors.total()}\n"
