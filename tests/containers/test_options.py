"""Tasks and WebSockets work in containers, through nginx and with a separate worker."""

import asyncio
import json
import secrets
import time
from typing import TYPE_CHECKING

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError
from websockets.typing import Origin, Subprotocol

from tests.engine import EVERYTHING, PASSWORD
from tests.processes import wait_until

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

    from tests.engine import Stack

pytestmark = [pytest.mark.exhaustive, EVERYTHING]


def room(stack: "Stack", token: str, origin: str = "") -> connect:
    """Enter a room, as a page of the service itself does, or one of another origin."""
    address = f"localhost:{stack.https}"
    return connect(
        f"wss://{address}/ws/chat/lobby/",
        origin=Origin(origin or f"https://{address}"),
        subprotocols=[Subprotocol("bearer"), Subprotocol(token)],
        ssl=stack.tls,
    )


async def say(client: "ClientConnection", text: str) -> str:
    """Send a text to the room and return what comes back."""
    async with asyncio.timeout(10):
        await client.send(json.dumps({"text": text}))
        answer: str = json.loads(await client.recv())["text"]
        return answer


def test_a_websocket_stays_open_through_nginx_until_the_app_stops(
    stack: "Stack", token: str
) -> None:
    async def scenario() -> None:
        async with room(stack, token) as one, room(stack, token) as other:
            assert await say(one, "Hello") == "Hello"
            assert json.loads(await other.recv())["text"] == "Hello"
            # Longer than nginx waits for an app that says nothing.
            await asyncio.sleep(32)
            assert await say(one, "Still here") == "Still here"
            stopping = asyncio.create_task(
                asyncio.to_thread(stack.compose, "stop", "app")
            )
            with pytest.raises(ConnectionClosedError) as closed:
                async with asyncio.timeout(20):
                    await one.recv()
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1012
            await stopping

    asyncio.run(scenario())
    stack.up("--no-recreate", "app")


def test_a_websocket_of_a_foreign_page_is_rejected(stack: "Stack", token: str) -> None:
    async def scenario() -> int | None:
        async with room(stack, token, "https://evil.example") as client:
            await asyncio.wait_for(client.wait_closed(), 10)
            return client.close_code

    assert asyncio.run(scenario()) == 4403


def test_worker_and_beat_finish_what_they_do_and_stop_in_time(stack: "Stack") -> None:
    """A welcome mail is on its way while the worker is told to stop."""
    name = f"user-{secrets.token_hex(4)}"
    stack.mails.seconds = 5
    begun = stack.mails.begun
    stack.register(name, PASSWORD)
    wait_until(lambda: stack.mails.begun > begun, "the mail to be on its way")
    for service in ("worker", "beat"):
        (container,) = stack.containers(service)
        started = time.monotonic()
        stack.compose("stop", service)
        assert time.monotonic() - started < 30
        assert stack.inspect(container, "{{.State.ExitCode}}") == "0"
    stack.mails.seconds = 0
    sent = [message["To"] for message in stack.mails.messages]
    assert sent.count(f"{name}@example.com") == 1
    stack.up("--no-recreate", "worker", "beat")


def test_a_registration_is_followed_by_a_mail(stack: "Stack") -> None:
    name = f"user-{secrets.token_hex(4)}"
    stack.register(name, PASSWORD)
    wait_until(
        lambda: [m for m in stack.mails.messages if m["To"] == f"{name}@example.com"],
        "the mail",
    )


def test_a_task_can_be_sent_again(stack: "Stack") -> None:
    """As docs/tasks.md says of one that was lost: this user was sent none."""
    email = f"admin-{secrets.token_hex(4)}@example.com"
    password = f"DJANGO_SUPERUSER_PASSWORD={PASSWORD}"
    create = ("manage", "createsuperuser", "--noinput", "--email", email)
    stack.compose("run", "--rm", "--env", password, *create, "--name", "Ada")
    newest = "SELECT id FROM users_user ORDER BY created_at DESC LIMIT 1"
    key = stack.query(newest).strip()
    task = "apps.users.tasks.send_welcome_email"
    stack.compose("run", "--rm", "worker", "call", task, "--args", json.dumps([key]))
    wait_until(
        lambda: [mail for mail in stack.mails.messages if mail["To"] == email],
        "the mail",
    )
