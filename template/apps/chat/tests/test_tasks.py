"""Tests of the chat app's tasks."""

from typing import TYPE_CHECKING

from apps.chat import tasks
from apps.core import sockets

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest


def test_announce_pushes_to_the_room(monkeypatch: "pytest.MonkeyPatch") -> None:
    pushed: list[str] = []

    def record(*, group: str, message: "Mapping[str, object]") -> None:
        pushed.append(f"{group}: {message['text']}")

    monkeypatch.setattr(sockets, "push", record)

    tasks.announce.delay("lobby", "Hello")

    assert pushed == ["chat.lobby: Hello"]
