"""Corrupt entries in Redis are logged and skipped; none runs code or ends a process."""

import json
from base64 import b64encode
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest

from tests.processes import running, wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.processes import Live

VALID: dict[str, Any] = {
    "body": b64encode(b"[[], {}, {}]").decode(),
    "content-encoding": "utf-8",
    "content-type": "application/json",
    "headers": {"task": "apps.users.tasks.clean_expired_tokens", "id": "valid"},
    "properties": {
        "body_encoding": "base64",
        "correlation_id": "valid",
        "delivery_tag": "tag",
        "delivery_info": {"exchange": "", "routing_key": "celery"},
    },
}
TEXTS = ["", "text", "\x80", "null", "5", "[1]", '"text"', "{}", "[" * 100_000]
CHANGES: dict[str, list[object]] = {
    "body": [None, 5, [1], "%%%", "", b64encode(b"text").decode()],
    "content-type": [None, "text/plain", "application/x-python-serialize", [1]],
    "content-encoding": ["unknown"],
    "headers": [None, "text", [1], {}],
    "headers.task": [None, [1], "unknown"],
    "headers.id": [None, [1]],
    "headers.eta": ["tomorrow", [1]],
    "headers.expires": ["tomorrow"],
    "headers.timelimit": ["text"],
    "headers.compression": ["unknown"],
    "properties": [None, "text", {}],
    "properties.body_encoding": ["unknown", [1]],
    "properties.delivery_tag": [None, [1]],
    "properties.delivery_info": [None, "text", {}],
}
PUSH = """
import json, sys
from redis import Redis
from config.celery import BROKER_URL
redis = Redis.from_url(BROKER_URL)
for message in json.load(open({path!r})):
    redis.lpush("celery", message.encode("latin-1"))
"""
UNACKNOWLEDGED = """
from redis import Redis
from config.celery import BROKER_URL
redis = Redis.from_url(BROKER_URL)
print(redis.hlen("unacked") + redis.llen("celery"))
"""
CORRUPT_CACHE = """
import pathlib, pickle
from django.core.cache import cache
from apps.users import selectors
from apps.users.models import User

class Code:
    def __reduce__(self):
        return pathlib.Path.touch, (pathlib.Path({path!r}),)

user = User.objects.create_user("ada@example.com", name="Ada")
assert selectors.by_id(user_id=user.pk)["name"] == "Ada"
redis = cache.client.get_client()
(key,) = redis.keys("*users.by_id*")
assert redis.get(key)[:1] == b'"'
for entry in (pickle.dumps(Code()), b"", b"text", b"{{}}", b"5", b'"text"'):
    redis.set(key, entry)
    assert selectors.by_id(user_id=user.pk)["name"] == "Ada"
print("read", len(redis.keys("*users.by_id*")))
"""


def changed(path: str, value: object) -> str:
    """Return the valid message with another value of one field."""
    message = deepcopy(VALID)
    *parents, name = path.split(".")
    field = message
    for parent in parents:
        field = field[parent]
    field[name] = value
    return json.dumps(message)


@pytest.mark.exhaustive
def test_a_worker_skips_corrupt_messages(live: "Live", tmp_path: "Path") -> None:
    corrupt = TEXTS + [
        changed(path, value) for path, values in CHANGES.items() for value in values
    ]
    messages = tmp_path / "messages.json"
    messages.write_text(json.dumps([*corrupt, json.dumps(VALID)]))
    with running(worker := live.worker()):
        worker.wait_for("ready.")
        live.shell(PUSH.format(path=str(messages)))
        worker.wait_for("[valid] succeeded")
        assert not worker.has_ended()
        assert worker.text().count("Message skipped: not a valid task") > len(TEXTS)
        assert "Connection to broker lost" not in worker.text()
        wait_until(lambda: live.shell(UNACKNOWLEDGED).strip() == "0", "an empty queue")


@pytest.mark.exhaustive
def test_an_entry_of_the_cache_runs_no_code(live: "Live", tmp_path: "Path") -> None:
    executed = tmp_path / "executed"
    shown = live.shell(CORRUPT_CACHE.format(path=str(executed)))
    assert shown.strip().endswith("read 1")
    assert not executed.exists()
