"""Tests of corrupt entries in the cache."""

import pickle
from typing import TYPE_CHECKING, Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.sessions.backends import cached_db
from django.core.cache import cache, caches
from django.core.cache.backends.locmem import LocMemCache

from apps.core.cache import cache_result
from apps.core.sessions import SessionStore

if TYPE_CHECKING:
    from pytest_django import Settings

ANSWER = 42
PICKLE = pickle.dumps({"a": 1})


class Stub:
    """A Redis client that returns one value for every key."""

    def __init__(self, value: bytes) -> None:
        """Keep the value."""
        self.value = value

    def get(self, _key: str) -> bytes:
        """Return the value."""
        return self.value


@cache_result(ttl=60, key_prefix="corrupt")
def answer() -> int:
    """Return a number."""
    return ANSWER


@pytest.fixture
def _json_entries(settings: "Settings") -> None:
    """Use the client and the serializer of the settings for Redis."""
    settings.CACHES = {
        "default": {
            "BACKEND": "django_redis.cache.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
            "OPTIONS": {
                "CLIENT_CLASS": "apps.core.connections.redis_cache.TolerantClient",
                "SERIALIZER": "django_redis.serializers.json.JSONSerializer",
            },
        }
    }


def read(entry: bytes) -> object:
    """Return what the cache makes of an entry in Redis."""
    store: Any = caches["default"]
    value: object = store.client.get("key", "default", client=Stub(entry))
    return value


@pytest.mark.usefixtures("_json_entries")
@pytest.mark.parametrize(
    ("entry", "value"),
    [(b"5", 5), (b'{"a": [1]}', {"a": [1]}), (b'"text"', "text"), (b"null", None)],
)
def test_entry_is_json(entry: bytes, value: object) -> None:
    assert read(entry) == value


@pytest.mark.usefixtures("_json_entries")
@pytest.mark.parametrize(
    "entry", [PICKLE, b"", b"{", b"\xff\xfe", b"[1,", b"[" * 100_000, b"9" * 5_000]
)
def test_corrupt_entry_is_logged_and_missing(
    entry: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    assert read(entry) == "default"
    assert "Cache entry ignored" in caplog.text


@pytest.mark.parametrize("entry", ["{", "", 5, None, [], {"a": 1}])
def test_corrupt_result_is_computed_again(
    entry: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LocMemCache, "get", lambda *_args, **_kwargs: entry)

    assert answer() == ANSWER


@pytest.mark.django_db
@pytest.mark.parametrize("entry", [5, "text", [], None])
def test_corrupt_session_is_read_from_the_database(entry: object) -> None:
    session = SessionStore()
    session["name"] = "Ada"
    session.save()
    key = session.session_key
    for load in (SessionStore(key).load, async_to_sync(SessionStore(key).aload)):
        cache.set(f"{cached_db.KEY_PREFIX}{key}", entry)

        assert load() == {"name": "Ada"}


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "short", "a" * 31 + "\0", "A" * 32, "a" * 33])
def test_malformed_session_key_starts_a_new_session(key: str) -> None:
    assert SessionStore(key).session_key is None
