"""The project's exceptions and the format of the API's error responses.

Every error response below `/api/` has this body::

    {"type": "validation_error",
     "errors": [{"code": "required", "detail": "This field is required.",
                 "attr": "email"}]}

`type` is `validation_error`, `client_error` or `server_error`; `attr` is the path of
the invalid field (`items.0.name`), or null if the error is not about one field.
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
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer
from rest_framework.serializers import as_serializer_error
from rest_framework.settings import api_settings
from rest_framework.views import exception_handler

from apps.core.throttling import COUNTED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rest_framework.authentication import BaseAuthentication
    from rest_framework.response import Response

logger = logging.getLogger(__name__)

REJECTED: Final = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
REASON_LENGTH: Final = 200


class AppException(exceptions.APIException):
    """A business rule rejects the request; the base class for services."""

    status_code = HTTPStatus.BAD_REQUEST
    default_detail = "The request was rejected."
    default_code = "error"


class AuthenticationError(AppException):
    """The credentials are missing or invalid."""

    status_code = HTTPStatus.UNAUTHORIZED
    default_detail = "Invalid credentials."
    default_code = "authentication_failed"


class ForbiddenError(AppException):
    """The authenticated user lacks permission."""

    status_code = HTTPStatus.FORBIDDEN
    default_detail = "You do not have permission to perform this action."
    default_code = "forbidden"


class NotFoundError(AppException):
    """The object does not exist or is hidden from the user."""

    status_code = HTTPStatus.NOT_FOUND
    default_detail = "Not found."
    default_code = "not_found"


class ConflictError(AppException):
    """The request conflicts with stored data."""

    status_code = HTTPStatus.CONFLICT
    default_detail = "The request conflicts with existing data."
    default_code = "conflict"


class BusyError(AppException):
    """The process has no capacity left for the request."""

    status_code = HTTPStatus.SERVICE_UNAVAILABLE
    default_detail = "The service is too busy. Try again later."
    default_code = "unavailable"
    # Seconds; REST framework sends them as `Retry-After`.
    wait = 5


class ContentTooLargeError(AppException):
    """The body is longer than `DATA_UPLOAD_MAX_MEMORY_SIZE`."""

    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_detail = "The request is too large."
    default_code = "content_too_large"


def custom_exception_handler(
    exc: Exception, context: dict[str, Any]
) -> "Response | None":
    """Return the error response for an exception in a view; None if it is unexpected.

    Args:
        exc: An exception of REST framework, of Django or of the database.
        context: REST framework's context, with the view and the request.
    """
    known = _as_api_exception(exc)
    if known is None:
        return None
    if known.status_code in REJECTED:
        known = _count_rejection(known, context)
    response = exception_handler(known, context)
    if response is not None:
        response.data = {
            "type": _error_type(known),
            "errors": list(_flatten(known.get_full_details())),
        }
        if response.status_code == HTTPStatus.UNAUTHORIZED:
            response.headers["WWW-Authenticate"] = _authenticate_header(context)
        # Errors are JSON, also if the client asked for HTML.
        context["request"].accepted_renderer = JSONRenderer()
        context["request"].accepted_media_type = JSONRenderer.media_type
    return response


def _count_rejection(
    rejection: exceptions.APIException, context: dict[str, Any]
) -> exceptions.APIException:
    """Count a request that was rejected before its throttles; maybe throttle it."""
    if COUNTED in context["request"].META:
        return rejection
    try:
        context["view"].check_throttles(context["request"])
    except exceptions.Throttled as throttled:
        return throttled
    return rejection


def _as_api_exception(exc: Exception) -> exceptions.APIException | None:
    """Translate Django's exceptions; their messages may hold internals."""
    known: exceptions.APIException | None = None
    match exc:
        case exceptions.APIException():
            known = exc
        case Http404() | ObjectNotUpdated():
            # ObjectNotUpdated: a concurrent request deleted the row.
            known = exceptions.NotFound()
        case PermissionDenied():
            known = exceptions.PermissionDenied()
        case ValidationError():
            known = exceptions.ValidationError(as_serializer_error(exc))
        case IntegrityError():
            # A service should check this first, so log it.
            logger.exception("Request violates a database constraint")
            known = ConflictError()
        case DataError():
            # A value that no serializer validates. Without a traceback, because any
            # client can send one.
            reason = str(exc).partition("\n")[0][:REASON_LENGTH]
            logger.warning("Database cannot store a value", extra={"reason": reason})
            known = exceptions.ParseError()
        case RequestDataTooBig():
            known = ContentTooLargeError()
    return known


def _authenticate_header(context: dict[str, Any]) -> str:
    """Return the `WWW-Authenticate` header, also for views without authentication."""
    header: str | None = context["view"].get_authenticate_header(context["request"])
    default = cast(
        "type[BaseAuthentication]", api_settings.DEFAULT_AUTHENTICATION_CLASSES[0]
    )
    return header or default().authenticate_header(context["request"]) or ""


def _error_type(exc: exceptions.APIException) -> str:
    """Return the `type` of the error response."""
    if isinstance(exc, exceptions.ValidationError):
        return "validation_error"
    if exc.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "server_error"
    return "client_error"


def _flatten(
    details: object, attr: str | None = None
) -> "Iterator[dict[str, str | None]]":
    """Flatten REST framework's nested error details."""
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
    """Append a key or an index to the path of a field."""
    return str(step) if attr is None else f"{attr}.{step}"


def error_response(status: HTTPStatus, code: str, detail: str) -> JsonResponse:
    """Return an error response outside REST framework's views.

    Args:
        status: 500 or above makes a `server_error`, else a `client_error`.
        code: Machine-readable, such as `not_found`.
        detail: Human-readable, without internals.
    """
    server_error = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return JsonResponse(
        {
            "type": "server_error" if server_error else "client_error",
            "errors": [{"code": code, "detail": detail, "attr": None}],
        },
        status=status,
    )
