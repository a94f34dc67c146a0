"""Fixtures that only the tests of the project as a whole need."""

from typing import TYPE_CHECKING, Any

import pytest
from drf_spectacular.generators import SchemaGenerator

from config.env import Env

if TYPE_CHECKING:
    from collections.abc import Mapping


@pytest.fixture(scope="session")
def openapi() -> "Mapping[str, Any]":
    """Return the OpenAPI document."""
    document: Mapping[str, Any] = SchemaGenerator().get_schema(public=True)
    return document


@pytest.fixture
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ignore the variables, the `.env` and the secrets of this machine."""
    for name in Env.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setitem(Env.model_config, "env_file", None)
    monkeypatch.setitem(Env.model_config, "secrets_dir", None)
