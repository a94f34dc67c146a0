"""OpenAPI description of the plain views."""

from typing import Any


def describe(result: dict[str, Any], **_kwargs: object) -> dict[str, Any]:
    """Return the document with the endpoints added.

    Args:
        result: The document.
        **_kwargs: The generator and the request, unused.
    """
    result["paths"]["/api/v1/weather/{place}/"] = {
        "get": {
            "operationId": "weather_retrieve",
            "description": "Show the weather of a place.",
            "tags": ["weather"],
            "security": [{}],
            "parameters": [
                {
                    "name": "place",
                    "in": "path",
                    "required": True,
                    "schema": {"type": "string"},
                }
            ],
            "responses": {"200": {"description": "The forecast."}},
        }
    }
    result["paths"]["/api/v1/weather/"] = {
        "get": {
            "operationId": "weather_list",
            "description": "List the places that are asked for most.",
            "tags": ["weather"],
            "security": [{}],
            "responses": {"200": {"description": "A name in each line."}},
        }
    }
    return result
