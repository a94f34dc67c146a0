"""Fixtures that only the tests of the project as a whole need."""

from typing import TYPE_CHECKING, Any

import pytest
from drf_spectacular.generators import SchemaGenerator

if TYPE_CHECKING:
    from collections.abc import Mapping


@pytest.fixture(scope="session")
def openapi() -> "Mapping[str, Any]":
    """Return the OpenAPI document."""
    document: Mapping[str, Any] = SchemaGenerator().get_schema(public=True)
    return document
