"""Hooks that complete the OpenAPI document."""

import re
from http import HTTPStatus
from typing import Any, Final

SECTION: Final = re.compile(r"\n\n(?:Args|Returns|Raises):")

type Schema = dict[str, Any]

# For an `extend_schema` that has an error to add to those of `add_error_responses`.
ERROR: Final[Schema] = {"$ref": "#/components/schemas/ErrorResponse"}
ERROR_SCHEMAS: Final[Schema] = {
    "Error": {
        "type": "object",
        "properties": {
            "code": {"type": "string"},
            "detail": {"type": "string"},
            "attr": {
                "type": "string",
                "nullable": True,
                "description": "The path of the offending field, such as items.0.name.",
            },
        },
        "required": ["code", "detail", "attr"],
    },
    "ErrorResponse": {
        "type": "object",
        "properties": {
            "type": {
                "type": "string",
                "enum": ["validation_error", "client_error", "server_error"],
            },
            "errors": {
                "type": "array",
                "items": {"$ref": "#/components/schemas/Error"},
            },
        },
        "required": ["type", "errors"],
    },
}
HEALTH_SCHEMA: Final[Schema] = {
    "type": "object",
    "properties": {
        "status": {"type": "string", "enum": ["healthy", "unhealthy"]},
        "db": {"type": "string", "example": "ok"},
        "cache": {"type": "string", "example": "ok"},
    },
    "required": ["status", "db", "cache"],
}
LIVE_SCHEMA: Final[Schema] = {
    "type": "object",
    "properties": {"status": {"type": "string", "enum": ["alive"]}},
    "required": ["status"],
}


def trim_descriptions(result: Schema, **_kwargs: object) -> Schema:
    """Cut the sections that docstrings have for programmers.

    Args:
        result: The document.
        **_kwargs: The generator and the request, unused.

    Returns:
        The document.
    """
    for operations in result["paths"].values():
        for operation in operations.values():
            description = operation.get("description", "")
            operation["description"] = SECTION.split(description)[0]
    return result


def add_health(result: Schema, **_kwargs: object) -> Schema:
    """Describe the health checks, which are plain Django views.

    Args:
        result: The document.
        **_kwargs: The generator and the request, unused.

    Returns:
        The document.
    """
    health = {"application/json": {"schema": HEALTH_SCHEMA}}
    live = {"application/json": {"schema": LIVE_SCHEMA}}
    result["paths"]["/api/health/"] = {
        "get": {
            "operationId": "health_retrieve",
            "description": "Report whether the database and the cache answer.",
            "tags": ["health"],
            "responses": {
                "200": {"description": "Both answer.", "content": health},
                "503": {"description": "One does not.", "content": health},
            },
        }
    }
    result["paths"]["/api/health/live/"] = {
        "get": {
            "operationId": "health_live_retrieve",
            "description": "Report that the process runs.",
            "tags": ["health"],
            "responses": {"200": {"description": "It runs.", "content": live}},
        }
    }
    return result


def add_error_responses(result: Schema, **_kwargs: object) -> Schema:
    """Describe the error responses that each operation can give.

    Args:
        result: The document.
        **_kwargs: The generator and the request, unused.

    Returns:
        The document.
    """
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    schemas.update(ERROR_SCHEMAS)
    content = {"application/json": {"schema": ERROR}}
    for path, operations in result["paths"].items():
        for operation in operations.values():
            for status in error_statuses(path, operation):
                operation["responses"].setdefault(
                    str(status.value),
                    {"description": status.phrase, "content": content},
                )
    return result


def error_statuses(path: str, operation: Schema) -> list[HTTPStatus]:
    """List the errors an operation can answer with.

    Args:
        path: The operation's path.
        operation: Its description.

    Returns:
        The statuses.
    """
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
