"""Tests of `cache_result` and `invalidate_cache`."""

import uuid
from typing import TYPE_CHECKING

import pytest
from django.db import transaction

from apps.core.cache import cache_result, invalidate_cache
from apps.users.tests.factories import UserFactory

if TYPE_CHECKING:
    from apps.users.models import User

CALLS: list[tuple[object, str]] = []


@cache_result(ttl=60, key_prefix="test")
def lookup(key: object, *, kind: str = "plain") -> str | None:
    """Return None for the key 0, else a text, and record the call."""
    CALLS.append((key, kind))
    return None if key == 0 else f"{kind} {key}"


@cache_result(ttl=60, key_prefix="test-model")
def load() -> "User":
    """Return a model, which cannot be cached."""
    return UserFactory.build()


@pytest.fixture(autouse=True)
def _no_calls() -> None:
    """Clear the calls of other tests."""
    CALLS.clear()


def test_value_is_cached() -> None:
    assert lookup(1) == lookup(1) == "plain 1"
    assert len(CALLS) == 1


def test_none_is_cached() -> None:
    assert lookup(0) is None
    assert lookup(0) is None
    assert len(CALLS) == 1


def test_calls_with_other_arguments_are_cached_separately() -> None:
    alice, bob = uuid.uuid4(), uuid.uuid4()

    assert lookup(alice) == f"plain {alice}"
    assert lookup(bob) == f"plain {bob}"
    assert lookup(alice, kind="fancy") == f"fancy {alice}"


def test_positional_keyword_and_default_arguments_share_a_key() -> None:
    lookup(1)
    lookup(key=1)
    lookup(1, kind="plain")

    assert len(CALLS) == 1


@pytest.mark.django_db
def test_model_cannot_be_cached() -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        load()


@pytest.mark.django_db(transaction=True)
def test_value_is_invalidated_on_commit() -> None:
    lookup(1)
    with transaction.atomic():
        invalidate_cache(lookup, key=1)
        lookup(1)
        assert len(CALLS) == 1

    lookup(1)
    assert CALLS == [(1, "plain"), (1, "plain")]


@pytest.mark.django_db(transaction=True)
def test_value_stays_cached_on_rollback() -> None:
    lookup(1)
    with transaction.atomic():
        invalidate_cache(lookup, 1)
        transaction.set_rollback(True)

    lookup(1)
    assert len(CALLS) == 1


@pytest.mark.usefixtures("_redis_down")
def test_every_call_runs_while_redis_is_down() -> None:
    assert lookup(1) == lookup(1) == "plain 1"
    assert CALLS == [(1, "plain"), (1, "plain")]
