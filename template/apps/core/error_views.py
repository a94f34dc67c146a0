"""Error views for requests that reach no view of REST framework; JSON below `/api/`."""

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from django.http import HttpResponse
from django.views import defaults
from django.views.csrf import csrf_failure as default_csrf_failure
from django.views.decorators.csrf import csrf_exempt

from apps.core.exceptions import ForbiddenError, error_response

if TYPE_CHECKING:
    from django.http import HttpRequest

    from apps.core.exceptions import BusyError

API_PREFIX: Final = "/api/"


@csrf_exempt
def unknown_endpoint(_request: "HttpRequest") -> HttpResponse:
    """Return 404 for a path below `/api/` without a view, also with DEBUG on."""
    return error_response(HTTPStatus.NOT_FOUND, "not_found", "Not found.")


def bad_request(request: "HttpRequest", exception: Exception) -> HttpResponse:
    """Return 400 for a request that Django rejects (`handler400`)."""
    if request.path.startswith(API_PREFIX):
        return error_response(HTTPStatus.BAD_REQUEST, "bad_request", "Bad request.")
    return defaults.bad_request(request, exception)


def permission_denied(request: "HttpRequest", exception: Exception) -> HttpResponse:
    """Return 403 for a request without permission (`handler403`)."""
    if request.path.startswith(API_PREFIX):
        detail = ForbiddenError.default_detail
        return error_response(HTTPStatus.FORBIDDEN, "permission_denied", detail)
    return defaults.permission_denied(request, exception)


def page_not_found(request: "HttpRequest", exception: Exception) -> HttpResponse:
    """Return 404 for a path that does not exist (`handler404`)."""
    if request.path.startswith(API_PREFIX):
        return error_response(HTTPStatus.NOT_FOUND, "not_found", "Not found.")
    return defaults.page_not_found(request, exception)


def server_error(request: "HttpRequest") -> HttpResponse:
    """Return 500 for an unexpected exception, which Django has logged (`handler500`)."""
    if request.path.startswith(API_PREFIX):
        status = HTTPStatus.INTERNAL_SERVER_ERROR
        return error_response(status, "error", "A server error occurred.")
    return defaults.server_error(request)


def busy(request: "HttpRequest", exception: "BusyError") -> HttpResponse:
    """Return 503 for a view without REST framework (`BusyMiddleware`)."""
    detail = str(exception.detail)
    status = HTTPStatus.SERVICE_UNAVAILABLE
    response: HttpResponse
    if request.path.startswith(API_PREFIX):
        response = error_response(status, exception.default_code, detail)
    else:
        response = HttpResponse(detail, content_type="text/plain", status=status)
    response.headers["Retry-After"] = str(exception.wait)
    return response


def csrf_failure(request: "HttpRequest", reason: str = "") -> HttpResponse:
    """Return 403 for a request without a valid CSRF token (`CSRF_FAILURE_VIEW`).

    Args:
        request: Below `API_PREFIX` the response is JSON, else Django's page.
        reason: Django's explanation, which is shown to API clients.
    """
    if request.path.startswith(API_PREFIX):
        return error_response(HTTPStatus.FORBIDDEN, "permission_denied", reason)
    return default_csrf_failure(request, reason)
