"""Tests of the chat app's tasks."""

from typing import TYPE_CHECKING

from apps.chat import tasks
from apps.core.websockets import groups

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest


def test_announcement_is_sent_to_the_room(monkeypatch: "pytest.MonkeyPatch") -> None:
    sent: list[str] = []

    def record(*, group: str, message: "Mapping[str, object]") -> None:
        sent.append(f"{group}: {message['text']}")

    monkeypatch.setattr(groups, "send_on_commit", record)

    tasks.announce.delay("lobby", "Hello")

    assert sent == ["chat.lobby: Hello"]
