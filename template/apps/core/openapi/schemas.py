"""Schemas of error responses and health checks in the OpenAPI document."""

from typing import Any, Final

type Schema = dict[str, Any]

# For `extend_schema`: an error that `add_error_responses` does not add.
ERROR_RESPONSE: Final[Schema] = {"$ref": "#/components/schemas/ErrorResponse"}
ERROR_SCHEMAS: Final[Schema] = {
    "Error": {
        "type": "object",
        "properties": {
            "code": {"type": "string"},
            "detail": {"type": "string"},
            "attr": {
                "type": "string",
                "nullable": True,
                "description": "Path of the invalid field, such as items.0.name.",
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
