"""Tests of the chat app."""

import json
import uuid
from typing import TYPE_CHECKING, cast

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.core.exceptions import ValidationError
from django.db import transaction

from apps.chat import services
from apps.core.exceptions import NotFoundError
from apps.users.tests.factories import UserFactory
from tests.websockets import CloseCode, WebSocketClient, access_token, close_code

if TYPE_CHECKING:
    from apps.users.models import User

# Channels closes the database connection after each call, and a transaction with it.
pytestmark = pytest.mark.django_db(transaction=True)


def websocket(room: str, user: "User") -> WebSocketClient:
    """Start a session of a user and return a WebSocket of a room, not yet open."""
    return WebSocketClient(f"/ws/chat/{room}/", token=access_token(user))


@pytest.fixture
def room() -> str:
    """A room that no other test uses."""
    return f"test-{uuid.uuid4().hex}"


def test_message_reaches_all_members_of_the_room(user: "User", room: str) -> None:
    other = UserFactory.create()
    sender, receiver = websocket(room, user), websocket(room, other)
    elsewhere = websocket(f"{room}-2", other)

    async def scenario() -> None:
        async with sender, receiver, elsewhere:
            await sender.send({"text": "Hello"})

            expected = {
                "room": room,
                "sender": {"id": str(user.pk), "name": user.name},
                "text": "Hello",
            }
            assert await sender.receive() == expected
            assert await receiver.receive() == expected
            assert await elsewhere.is_silent()

    async_to_sync(scenario)()


def test_announcement_has_no_sender(user: "User", room: str) -> None:
    member = websocket(room, user)

    async def scenario() -> None:
        async with member:
            await sync_to_async(services.announce)(room=room, text="Closing soon")

            expected = {"room": room, "sender": None, "text": "Closing soon"}
            assert await member.receive() == expected

    async_to_sync(scenario)()


def test_announcement_is_sent_after_the_commit(user: "User", room: str) -> None:
    member = websocket(room, user)

    def announce_and_roll_back() -> None:
        with transaction.atomic():
            services.announce(room=room, text="Closing soon")
            transaction.set_rollback(True)

    async def scenario() -> bool:
        async with member:
            await sync_to_async(announce_and_roll_back)()
            return await member.is_silent()

    assert async_to_sync(scenario)()


@pytest.mark.parametrize("name", ["Room", "a_b", "-a", "a.b", "x" * 51, "комната"])
def test_room_with_an_invalid_name_does_not_exist(user: "User", name: str) -> None:
    assert close_code(websocket(name, user)) == CloseCode.NOT_FOUND

    with pytest.raises(NotFoundError):
        services.announce(room=name, text="Hello")


@pytest.mark.parametrize("text", [None, 1, "", "  ", ["a"], "x" * 1001])
def test_invalid_text_is_rejected(user: "User", room: str, text: object) -> None:
    message = json.dumps({"text": text})

    assert close_code(websocket(room, user), message) == CloseCode.MALFORMED
    with pytest.raises(ValidationError):
        services.announce(room=room, text=cast("str", text))
