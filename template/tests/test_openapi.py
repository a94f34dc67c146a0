"""Tests of the OpenAPI document."""

import re
from typing import TYPE_CHECKING, Any

from django.contrib.admindocs.views import simplify_regex
from django.urls import URLResolver, get_resolver
from django.urls.resolvers import RegexPattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from django.urls import URLPattern

ERROR = {"$ref": "#/components/schemas/ErrorResponse"}
UNDOCUMENTED = {"/api/", "/api/schema/", "/api/docs/", "/api/redoc/"}


def paths(
    patterns: list["URLPattern | URLResolver"], prefix: str = "/"
) -> "Iterator[str]":
    """Yield the paths of a URL configuration, with `{}` for parameters."""
    for pattern in patterns:
        route = str(pattern.pattern)
        if isinstance(pattern.pattern, RegexPattern):
            route = simplify_regex(route).removeprefix("/")
        path = prefix + re.sub(r"<[^>]+>", "{}", route)
        if isinstance(pattern, URLResolver):
            yield from paths(pattern.url_patterns, path)
        else:
            yield path


def test_every_endpoint_is_documented(openapi: "Mapping[str, Any]") -> None:
    api = {
        path for path in paths(get_resolver().url_patterns) if path.startswith("/api/")
    }

    documented = {re.sub(r"{[^}]+}", "{}", path) for path in openapi["paths"]}
    assert documented == api - UNDOCUMENTED


def test_every_operation_documents_its_errors(openapi: "Mapping[str, Any]") -> None:
    for operations in openapi["paths"].values():
        for operation in operations.values():
            error = operation["responses"]["400"]["content"]["application/json"]
            assert error["schema"] == ERROR


def test_every_operation_has_a_description(openapi: "Mapping[str, Any]") -> None:
    for operations in openapi["paths"].values():
        for operation in operations.values():
            assert operation["description"]
            assert "Returns:" not in operation["description"]


def test_list_documents_page_numbers_and_cursors(
    openapi: "Mapping[str, Any]",
) -> None:
    parameters = openapi["paths"]["/api/v1/users/"]["get"]["parameters"]
    page = openapi["components"]["schemas"]["PaginatedUserList"]

    assert {"page", "page_size", "cursor"} < {item["name"] for item in parameters}
    # A page by cursor has no count.
    assert "count" in page["properties"]
    assert "count" not in page["required"]
