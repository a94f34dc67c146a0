"""The project's exceptions, and the one shape in which the API reports errors.

Every error below `/api/` is answered with this envelope::

    {"type": "validation_error",
     "errors": [{"code": "required", "detail": "This field is required.",
                 "attr": "email"}]}

`type` is `validation_error`, `client_error` or `server_error`; `attr` is the path of
the offending field (`items.0.name`), or null if the error concerns no single field.
"""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, cast

from django.core.exceptions import (
    ObjectNotUpdated,
    PermissionDenied,
    RequestDataTooBig,
    ValidationError,
)
from django.db import DataError, IntegrityError
from django.http import Http404, JsonResponse
from django.views import defaults
from django.views.csrf import csrf_failure as default_csrf_failure
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer
from rest_framework.serializers import as_serializer_error
from rest_framework.settings import api_settings
from rest_framework.views import exception_handler

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest, HttpResponse
    from rest_framework.authentication import BaseAuthentication
    from rest_framework.response import Response

logger = logging.getLogger(__name__)

API_PREFIX: Final = "/api/"


class AppException(exceptions.APIException):
    """What a service raises when a rule of the business refuses a request."""

    status_code = HTTPStatus.BAD_REQUEST
    default_detail = "The request was refused."
    default_code = "error"


class AuthenticationError(AppException):
    """The caller did not prove who they are."""

    status_code = HTTPStatus.UNAUTHORIZED
    default_detail = "Invalid credentials."
    default_code = "authentication_failed"


class ForbiddenError(AppException):
    """The caller is known and may not do this."""

    status_code = HTTPStatus.FORBIDDEN
    default_detail = "You may not do this."
    default_code = "forbidden"


class NotFoundError(AppException):
    """What the caller asked for does not exist, or not for them."""

    status_code = HTTPStatus.NOT_FOUND
    default_detail = "Not found."
    default_code = "not_found"


class ConflictError(AppException):
    """The request contradicts what is stored."""

    status_code = HTTPStatus.CONFLICT
    default_detail = "The request conflicts with existing data."
    default_code = "conflict"


class ContentTooLargeError(AppException):
    """The body is longer than `DATA_UPLOAD_MAX_MEMORY_SIZE`."""

    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_detail = "The request is too large."
    default_code = "content_too_large"


def custom_exception_handler(
    exc: Exception, context: dict[str, Any]
) -> "Response | None":
    """Answer an exception raised in a view with the envelope.

    Args:
        exc: The exception.
        context: REST framework's context: the view and the request.

    Returns:
        The response, or None for an unexpected exception. Django then logs it and
        answers with `server_error`.
    """
    known = _as_api_exception(exc)
    if known is None:
        return None
    response = exception_handler(known, context)
    if response is not None:
        response.data = {
            "type": _error_type(known),
            "errors": list(_flatten(known.get_full_details())),
        }
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            response.headers["WWW-Authenticate"] = _authenticate_header(context)
        # Also for views that render HTML and clients that asked for it.
        context["request"].accepted_renderer = JSONRenderer()
        context["request"].accepted_media_type = JSONRenderer.media_type
    return response


def _as_api_exception(exc: Exception) -> exceptions.APIException | None:
    """Translate Django's exceptions, without the texts they carry."""
    known: exceptions.APIException | None = None
    match exc:
        case exceptions.APIException():
            known = exc
        case Http404() | ObjectNotUpdated():
            # The second: another request has deleted the row meanwhile.
            known = exceptions.NotFound()
        case PermissionDenied():
            known = exceptions.PermissionDenied()
        case ValidationError():
            known = exceptions.ValidationError(as_serializer_error(exc))
        case IntegrityError():
            # A service should have foreseen it, so it is worth a look.
            logger.exception("A constraint of the database refused a request")
            known = ConflictError()
        case DataError():
            # A null byte in a cookie, for example, which no serializer checks.
            logger.warning("The database cannot store a value", exc_info=exc)
            known = exceptions.ParseError()
        case RequestDataTooBig():
            known = ContentTooLargeError()
    return known


def _authenticate_header(context: dict[str, Any]) -> str:
    """Name the scheme to authenticate with, also for views that ask for none."""
    header: str | None = context["view"].get_authenticate_header(context["request"])
    default = cast(
        "type[BaseAuthentication]", api_settings.DEFAULT_AUTHENTICATION_CLASSES[0]
    )
    return header or default().authenticate_header(context["request"]) or ""


def _error_type(exc: exceptions.APIException) -> str:
    """Name the envelope's type for an exception."""
    if isinstance(exc, exceptions.ValidationError):
        return "validation_error"
    if exc.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "server_error"
    return "client_error"


def _flatten(
    details: object, attr: str | None = None
) -> "Iterator[dict[str, str | None]]":
    """Turn REST framework's nested details into a flat list of errors."""
    match details:
        case {"message": str(message), "code": str(code)}:
            yield {"code": code, "detail": message, "attr": attr}
        case Mapping():
            for key, value in details.items():
                is_common = key == api_settings.NON_FIELD_ERRORS_KEY
                yield from _flatten(value, attr if is_common else _join(attr, key))
        case [{"message": str(), "code": str()}, *_]:
            for item in details:
                yield from _flatten(item, attr)
        case list():
            for index, item in enumerate(details):
                yield from _flatten(item, _join(attr, index))


def _join(attr: str | None, step: object) -> str:
    """Append a step to the path of a field."""
    return str(step) if attr is None else f"{attr}.{step}"


def envelope(status: HTTPStatus, code: str, detail: str) -> JsonResponse:
    """Make an error response outside REST framework's views.

    Args:
        status: The response's status.
        code: The error's code.
        detail: The text for the client.

    Returns:
        The response.
    """
    server_error = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return JsonResponse(
        {
            "type": "server_error" if server_error else "client_error",
            "errors": [{"code": code, "detail": detail, "attr": None}],
        },
        status=status,
    )


@csrf_exempt
def unknown_endpoint(_request: "HttpRequest") -> "HttpResponse":
    """Answer a path below `/api/` that no view serves.

    Returns:
        The envelope, with status 404.
    """
    return envelope(HTTPStatus.NOT_FOUND, "not_found", "Not found.")


def bad_request(request: "HttpRequest", exception: Exception) -> "HttpResponse":
    """Answer a request that Django itself refused (`handler400`).

    Args:
        request: The request.
        exception: Why it was refused; not told to the client.

    Returns:
        The envelope below `/api/`, else Django's page.
    """
    if request.path.startswith(API_PREFIX):
        return envelope(HTTPStatus.BAD_REQUEST, "bad_request", "Bad request.")
    return defaults.bad_request(request, exception)


def permission_denied(request: "HttpRequest", exception: Exception) -> "HttpResponse":
    """Answer a refused request outside REST framework's views (`handler403`).

    Args:
        request: The request.
        exception: Why it was refused; not told to the client.

    Returns:
        The envelope below `/api/`, else Django's page.
    """
    if request.path.startswith(API_PREFIX):
        detail = ForbiddenError.default_detail
        return envelope(HTTPStatus.FORBIDDEN, "permission_denied", detail)
    return defaults.permission_denied(request, exception)


def page_not_found(request: "HttpRequest", exception: Exception) -> "HttpResponse":
    """Answer a path that does not exist (`handler404`).

    Args:
        request: The request.
        exception: What was not found; not told to the client.

    Returns:
        The envelope below `/api/`, else Django's page.
    """
    if request.path.startswith(API_PREFIX):
        return envelope(HTTPStatus.NOT_FOUND, "not_found", "Not found.")
    return defaults.page_not_found(request, exception)


def server_error(request: "HttpRequest") -> "HttpResponse":
    """Answer an unexpected exception, which Django has logged (`handler500`).

    Args:
        request: The request.

    Returns:
        The envelope below `/api/`, else Django's page.
    """
    if request.path.startswith(API_PREFIX):
        status = HTTPStatus.INTERNAL_SERVER_ERROR
        return envelope(status, "error", "A server error occurred.")
    return defaults.server_error(request)


def csrf_failure(request: "HttpRequest", reason: str = "") -> "HttpResponse":
    """Answer a request without a valid CSRF token (`CSRF_FAILURE_VIEW`).

    Args:
        request: The request.
        reason: What was wrong with the token.

    Returns:
        The envelope below `/api/`, else Django's page.
    """
    if request.path.startswith(API_PREFIX):
        return envelope(HTTPStatus.FORBIDDEN, "permission_denied", reason)
    return default_csrf_failure(request, reason)
