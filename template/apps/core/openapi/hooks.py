"""Postprocessing hooks of the OpenAPI document (`SPECTACULAR_SETTINGS`)."""

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from apps.core.openapi.schemas import (
    ERROR_RESPONSE,
    ERROR_SCHEMAS,
    HEALTH_SCHEMA,
    LIVE_SCHEMA,
)

if TYPE_CHECKING:
    from apps.core.openapi.schemas import Schema

SECTION: Final = re.compile(r"\n\n(?:Args|Returns|Raises):")


def trim_descriptions(result: "Schema", **_kwargs: object) -> "Schema":
    """Return the document without the docstring sections in its descriptions.

    Args:
        result: The document, changed in place.
    """
    for operations in result["paths"].values():
        for operation in operations.values():
            description = operation.get("description", "")
            operation["description"] = SECTION.split(description)[0]
    return result


def add_health(result: "Schema", **_kwargs: object) -> "Schema":
    """Return the document with the health checks, which are plain Django views.

    Args:
        result: The document, changed in place.
    """
    health = {"application/json": {"schema": HEALTH_SCHEMA}}
    live = {"application/json": {"schema": LIVE_SCHEMA}}
    result["paths"]["/api/health/"] = {
        "get": {
            "operationId": "health_retrieve",
            "description": "Report whether the database and the cache are available.",
            "tags": ["health"],
            "responses": {
                "200": {"description": "Both are available.", "content": health},
                "503": {"description": "One is unavailable.", "content": health},
            },
        }
    }
    result["paths"]["/api/health/live/"] = {
        "get": {
            "operationId": "health_live_retrieve",
            "description": "Report that the process is running.",
            "tags": ["health"],
            "responses": {"200": {"description": "It is running.", "content": live}},
        }
    }
    return result


def add_error_responses(result: "Schema", **_kwargs: object) -> "Schema":
    """Return the document with the error responses of each operation.

    Args:
        result: The document, changed in place.
    """
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    schemas.update(ERROR_SCHEMAS)
    content = {"application/json": {"schema": ERROR_RESPONSE}}
    for path, operations in result["paths"].items():
        for operation in operations.values():
            for status in _error_statuses(path, operation):
                operation["responses"].setdefault(
                    str(status.value),
                    {"description": status.phrase, "content": content},
                )
    return result


def _error_statuses(path: str, operation: "Schema") -> list[HTTPStatus]:
    """Return the errors that an operation can respond with."""
    if "health" in operation.get("tags", []):
        return [HTTPStatus.BAD_REQUEST]
    statuses = [
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.NOT_ACCEPTABLE,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.INTERNAL_SERVER_ERROR,
    ]
    if {} not in operation.get("security", [{}]):
        statuses += [HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN]
    if "{" in path or "page" in {
        parameter["name"] for parameter in operation.get("parameters", [])
    }:
        statuses.append(HTTPStatus.NOT_FOUND)
    if "requestBody" in operation:
        statuses += [
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        ]
    return statuses
