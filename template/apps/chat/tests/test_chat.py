"""Tests of the chat app."""

import uuid
from typing import TYPE_CHECKING

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.core.exceptions import ValidationError

from apps.chat import services
from apps.core.exceptions import NotFoundError
from apps.users.services import start_session
from apps.users.tests.factories import UserFactory
from tests.sockets import Socket

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from apps.users.models import User

type Commit = Callable[..., AbstractContextManager[object]]

MALFORMED = 4400
UNKNOWN = 4404

# Channels closes the connection after each call, and a transaction with it.
pytestmark = pytest.mark.django_db(transaction=True)


async def enter(room: str, user: "User") -> Socket:
    """Open a socket of a signed-in user."""
    credentials = await sync_to_async(start_session)(user=user)
    token = str(next(iter(credentials.values())))
    return await Socket(f"/ws/chat/{room}/", token=token).open()


@pytest.fixture
def room() -> str:
    """A room that no other test uses."""
    return f"test-{uuid.uuid4().hex}"


def test_text_reaches_all_members(user: "User", room: str) -> None:
    async def scenario() -> None:
        other = await sync_to_async(UserFactory.create)()
        members = [await enter(room, user), await enter(room, other)]
        elsewhere = await enter(f"{room}-2", other)

        await members[0].send({"text": "Hello"})

        expected = {
            "room": room,
            "sender": {"id": str(user.pk), "name": user.name},
            "text": "Hello",
        }
        for member in members:
            assert await member.receive() == expected
        assert await elsewhere.is_silent()
        for socket in (*members, elsewhere):
            await socket.leave()

    async_to_sync(scenario)()


def test_announcement_reaches_members_after_the_commit(
    user: "User", room: str, django_capture_on_commit_callbacks: "Commit"
) -> None:
    def announce() -> None:
        with django_capture_on_commit_callbacks(execute=True):
            services.announce(room=room, text="Closing soon")

    async def scenario() -> None:
        member = await enter(room, user)

        await sync_to_async(announce)()

        message = await member.receive()
        assert (message["sender"], message["text"]) == (None, "Closing soon")
        await member.leave()

    async_to_sync(scenario)()


@pytest.mark.parametrize("name", ["Room", "a_b", "-a", "a.b", "x" * 51, "комната"])
def test_bad_room_does_not_exist(user: "User", name: str) -> None:
    async def scenario() -> int:
        return await (await enter(name, user)).closed()

    assert async_to_sync(scenario)() == UNKNOWN
    with pytest.raises(NotFoundError):
        services.announce(room=name, text="Hello")


@pytest.mark.parametrize("text", [None, 1, "", "  ", ["a"], "x" * 1001])
def test_bad_text_is_refused(user: "User", room: str, text: object) -> None:
    async def scenario() -> int:
        member = await enter(room, user)
        await member.send({"text": text})
        return await member.closed()

    assert async_to_sync(scenario)() == MALFORMED
    with pytest.raises(ValidationError):
        services.compose(room=room, sender=None, text=text)
