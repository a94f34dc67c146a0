"""Tests that a worker skips messages that it cannot read."""

import json
import logging
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest
from kombu import Connection
from kombu.transport import redis

from config.broker import Channel, Message, Transport
from config.celery import app

if TYPE_CHECKING:
    from collections.abc import Iterator

VALID: dict[str, Any] = {
    "body": "W10=",
    "headers": {"task": "apps.users.tasks.clean_expired_tokens", "id": "1"},
    "properties": {
        "body_encoding": "base64",
        "delivery_tag": "1",
        "delivery_info": {"exchange": "", "routing_key": "celery"},
    },
}


@pytest.fixture
def channel() -> "Iterator[object]":
    """Yield a channel without a server."""
    with Connection("memory://") as connection:
        yield connection.channel()


def changed(path: str, value: object) -> dict[str, Any]:
    """Return the valid message with another value of one field."""
    message = deepcopy(VALID)
    *parents, name = path.split(".")
    field = message
    for parent in parents:
        field = field[parent]
    field[name] = value
    return message


def test_valid_message_is_read(channel: object) -> None:
    assert Message(VALID, channel).delivery_tag == "1"


@pytest.mark.parametrize(
    "payload",
    [
        None,
        5,
        "text",
        [1],
        {},
        changed("properties", "text"),
        changed("properties", {}),
        changed("properties.delivery_tag", [1]),
        changed("properties.delivery_info", "text"),
        changed("properties.delivery_info", {}),
        changed("properties.body_encoding", "unknown"),
        changed("body", [1]),
        changed("headers", "text"),
        changed("headers.task", [1]),
    ],
    ids=json.dumps,
)
def test_malformed_message_is_invalid(channel: object, payload: object) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Message(payload, channel)


@pytest.mark.parametrize(
    "error", [ValueError("not JSON"), RecursionError(), TypeError(), KeyError("id")]
)
def test_message_that_cannot_be_decoded_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    def fail(*_arguments: object) -> None:
        raise error

    monkeypatch.setattr(redis.Transport, "on_readable", fail)
    # import-linter disables the loggers that exist when it runs.
    monkeypatch.setattr(logging.getLogger("config.broker"), "disabled", False)
    transport = Transport.__new__(Transport)

    transport.on_readable(1)

    assert "Message skipped" in caplog.text


def test_lost_connection_is_not_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object) -> None:
        raise ConnectionResetError

    monkeypatch.setattr(redis.Transport, "on_readable", fail)

    with pytest.raises(ConnectionResetError):
        Transport.__new__(Transport).on_readable(1)


def test_worker_uses_the_transport_for_redis() -> None:
    with Connection("redis://127.0.0.1:1", transport="config.broker:Transport") as used:
        assert isinstance(used.transport, Transport)
        assert used.transport.Channel is Channel
    assert app.conf.accept_content == ["json"]
