"""Tests of the caching helper."""

import uuid
from typing import TYPE_CHECKING

import pytest
from django.db import transaction

from apps.core.cache import cache_result, invalidate_cache
from apps.users.tests.factories import UserFactory

if TYPE_CHECKING:
    from pytest_django import Settings

    from apps.users.models import User

CALLS: list[tuple[object, str]] = []


@cache_result(ttl=60, key_prefix="test")
def lookup(key: object, *, kind: str = "plain") -> str | None:
    """Return nothing for the key 0, else a text."""
    CALLS.append((key, kind))
    return None if key == 0 else f"{kind} {key}"


@cache_result(ttl=60, key_prefix="test-model")
def load() -> "User":
    """Return what must not be cached."""
    return UserFactory.build()


@pytest.fixture(autouse=True)
def _no_calls() -> None:
    """Forget the calls of other tests."""
    CALLS.clear()


def test_value_is_remembered() -> None:
    assert lookup(1) == lookup(1) == "plain 1"
    assert len(CALLS) == 1


def test_none_is_remembered() -> None:
    assert lookup(0) is None
    assert lookup(0) is None
    assert len(CALLS) == 1


def test_arguments_tell_calls_apart() -> None:
    alice, bob = uuid.uuid4(), uuid.uuid4()

    assert lookup(alice) == f"plain {alice}"
    assert lookup(bob) == f"plain {bob}"
    assert lookup(alice, kind="fancy") == f"fancy {alice}"


def test_same_call_has_one_key_however_it_is_written() -> None:
    lookup(1)
    lookup(key=1)
    lookup(1, kind="plain")

    assert len(CALLS) == 1


@pytest.mark.django_db
def test_models_are_refused() -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        load()


@pytest.mark.django_db(transaction=True)
def test_value_is_forgotten_on_commit() -> None:
    lookup(1)
    with transaction.atomic():
        invalidate_cache(lookup, key=1)
        lookup(1)
        assert len(CALLS) == 1

    lookup(1)
    assert CALLS == [(1, "plain"), (1, "plain")]


@pytest.mark.django_db(transaction=True)
def test_value_is_kept_on_rollback() -> None:
    lookup(1)
    with transaction.atomic():
        invalidate_cache(lookup, 1)
        transaction.set_rollback(True)

    lookup(1)
    assert len(CALLS) == 1


def test_without_redis_it_calls(settings: "Settings") -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "django_redis.cache.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }

    assert lookup(1) == lookup(1) == "plain 1"
    assert CALLS == [(1, "plain"), (1, "plain")]
