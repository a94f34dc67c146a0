"""WebSockets through gunicorn with two workers, Redis, PostgreSQL and real clients."""

import asyncio
import json
import secrets
import socket
import time
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, cast

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.typing import Subprotocol

from tests.processes import running
from tests.server import free_port
from tests.test_celery import api_of, lines, register

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection
    from websockets.typing import Origin

    from tests.processes import Live
    from tests.server import Api

SOCKETS = 200
# Of a user; openings count as messages.
UNLIMITED = {
    "WEBSOCKET_MAX_PER_USER": "10000",
    "WEBSOCKET_MESSAGES_PER_MINUTE": "10000",
}
SAME = "https://127.0.0.1:{port}"
ANNOUNCE = """
from apps.chat import services
services.announce(room="lobby", text="of a service")
"""
ANNOUNCE_BY_TASK = """
from apps.chat import tasks
tasks.announce.delay("lobby", "of a task")
"""


def account(api: "Api", live: "Live", email: str, *, admin: bool = False) -> str:
    """Make a user and return a token of theirs."""
    password = secrets.token_urlsafe(16)
    data = {"email": email, "name": "Ada", "password": password}
    assert api.call("POST", "/api/v1/auth/register/", data)[0] == 201
    if admin:
        live.shell(
            "from apps.users.models import User\n"
            f"User.objects.filter(email='{email}').update(role='admin')\n"
        )
    token: str = api.call("POST", "/api/v1/auth/login/", data)[1]["token"]
    return token


def opening(
    port: int, token: str, path: str = "/ws/chat/lobby/", origin: str | None = SAME
) -> connect:
    """Open a WebSocket, as a page of the service itself does."""
    return connect(
        f"ws://127.0.0.1:{port}{path}",
        origin=cast("Origin | None", origin and origin.format(port=port)),
        subprotocols=[Subprotocol("bearer"), Subprotocol(token)] if token else None,
        open_timeout=60,
        max_queue=None,
    )


async def code_of(client: "ClientConnection", seconds: float = 20) -> int:
    """Read until the server closes the WebSocket and return its code."""
    try:
        async with asyncio.timeout(seconds):
            while True:
                await client.recv()
    except ConnectionClosed as error:
        assert error.rcvd is not None
        return error.rcvd.code


async def text_of(client: "ClientConnection", seconds: float = 20) -> str:
    async with asyncio.timeout(seconds):
        text: str = json.loads(await client.recv())["text"]
        return text


@pytest.mark.exhaustive
def test_each_rejection_has_its_code_and_no_traceback(live: "Live") -> None:
    port = free_port()
    server = live.server(port, LOG_LEVEL="DEBUG")

    async def after(token: str, *messages: str | bytes) -> int:
        async with opening(port, token) as client:
            for message in messages:
                await client.send(message)
            return await code_of(client)

    async def on_opening(
        token: str, path: str = "/ws/chat/lobby/", origin: str | None = SAME
    ) -> int:
        async with opening(port, token, path, origin) as client:
            return await code_of(client)

    async def with_bad_utf8(token: str) -> int:
        async with opening(port, token) as client:
            frame = Frame(Opcode.TEXT, b"\xff\xfe").serialize(mask=True)
            client.transport.write(frame)
            return await code_of(client)

    async def scenario(token: str, expired: str) -> None:
        assert await on_opening("") == 4401
        assert await on_opening("made-up") == 4401
        assert await on_opening(expired) == 4401
        assert await on_opening("", f"/ws/chat/lobby/?token={token}") == 4401
        assert await on_opening(token, origin="https://evil.example") == 4403
        assert await on_opening(token, origin=None) == 4403
        assert await on_opening(token, origin=SAME.replace("https", "http")) == 4403
        assert await on_opening(token, origin="https://127.0.0.1") == 4403
        assert await on_opening(token, "/ws/chat/Bad_Room/") == 4404
        assert await on_opening(token, "/ws/nothing/") == 4404
        assert await after(token, "{") == 4400
        assert await after(token, "[]") == 4400
        assert await after(token, "[" * 4000) == 4400
        assert await after(token, '{"text": ""}') == 4400
        assert await after(token, json.dumps({"text": "x" * 5000})) == 4413
        assert await after(token, b"\x00") == 4415
        assert await after(token, *['{"text": "again"}'] * 50) == 4429
        assert await with_bad_utf8(token) == 1007
        assert await after(token, "x" * 100_000) == 1009

    with api_of(server, port) as api:
        token = account(api, live, "ada@example.com")
        expired = account(api, live, "old@example.com")
        live.shell(
            "from apps.users.models import AuthSession\n"
            "from django.utils import timezone\n"
            "AuthSession.objects.filter(user__email='old@example.com')"
            ".update(expires_at=timezone.now())\n"
        )
        asyncio.run(scenario(token, expired))

    log = server.everything()
    assert "Traceback" not in log
    assert token not in log
    assert "ada@example.com" not in log
    ended = [json.loads(line) for line in server.text().splitlines()]
    codes = {line["code"] for line in ended if line["event"] == "websocket"}
    assert {4400, 4401, 4403, 4404, 4413, 4415, 4429} <= codes


@pytest.mark.exhaustive
def test_every_message_reaches_200_websockets_over_two_workers(live: "Live") -> None:
    port = free_port()
    server, worker = live.server(port, **UNLIMITED), live.worker()

    async def scenario(api: "Api", token: str, leaver: str, admin: str) -> None:
        async with AsyncExitStack() as stack:
            members = [
                await stack.enter_async_context(opening(port, token))
                for _ in range(SOCKETS)
            ]
            one = await stack.enter_async_context(opening(port, leaver))
            # It never reads; its buffers and its share of Redis fill up.
            idle = await open_raw(port, token)
            started = time.monotonic()
            await members[0].send('{"text": "of a member"}')
            texts = await asyncio.gather(*map(text_of, members))
            assert set(texts) == {"of a member"}
            assert time.monotonic() - started < 10
            await asyncio.to_thread(live.shell, ANNOUNCE)
            assert set(await asyncio.gather(*map(text_of, members))) == {"of a service"}
            await asyncio.to_thread(live.shell, ANNOUNCE_BY_TASK)
            assert set(await asyncio.gather(*map(text_of, members))) == {"of a task"}

            user = api.call("GET", "/api/v1/auth/me/", token=leaver)[1]["id"]
            status, _ = await asyncio.to_thread(
                api.call, "DELETE", f"/api/v1/users/{user}/", None, admin
            )
            assert status == 204
            assert await code_of(one) == 4401
            await members[1].send('{"text": "still here"}')
            assert set(await asyncio.gather(*map(text_of, members))) == {"still here"}
            idle.close()

    with running(worker), api_of(server, port) as api:
        worker.wait_for("ready.")
        token = account(api, live, "ada@example.com")
        leaver = account(api, live, "bob@example.com")
        admin = account(api, live, "admin@example.com", admin=True)
        asyncio.run(scenario(api, token, leaver, admin))
    assert "Traceback" not in server.everything() + worker.everything()


async def open_raw(port: int, token: str) -> socket.socket:
    """Open a WebSocket whose client immediately stops reading."""
    client = socket.create_connection(("127.0.0.1", port))
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.sendall(
        (
            "GET /ws/chat/lobby/ HTTP/1.1\r\n"
            f"Host: 127.0.0.1:{port}\r\nOrigin: https://127.0.0.1:{port}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            f"Sec-WebSocket-Protocol: bearer, {token}\r\n\r\n"
        ).encode()
    )
    answer = await asyncio.to_thread(client.recv, 12)
    assert answer == b"HTTP/1.1 101"
    return client


@pytest.mark.exhaustive
def test_a_client_that_does_not_read_holds_up_nobody(live: "Live") -> None:
    port = free_port()
    server = live.server(port, WEB_CONCURRENCY="1")
    flood = (
        "from apps.chat import services\n"
        "for number in range(3000):\n"
        "    services.announce(room='lobby', text=f'{number:>1000}')\n"
    )

    async def scenario(token: str) -> tuple[float, int]:
        idle = await open_raw(port, token)
        async with opening(port, token) as reader:
            feed = asyncio.create_task(asyncio.to_thread(live.shell, flood))
            seen = 0
            while not feed.done() or seen == 0:
                try:
                    await text_of(reader, 2)
                    seen += 1
                except TimeoutError:
                    continue
            await asyncio.sleep(1)
            started = time.monotonic()
            await reader.send('{"text": "after the flood"}')
            while await text_of(reader) != "after the flood":
                seen += 1
            idle.close()
            return time.monotonic() - started, seen

    with api_of(server, port) as api:
        token = account(api, live, "ada@example.com")
        delay, seen = asyncio.run(scenario(token))
    assert delay < 5
    assert seen > 1500
    assert "Traceback" not in server.everything()


@pytest.mark.exhaustive
def test_sigterm_closes_websockets_within_the_grace_period(live: "Live") -> None:
    port = free_port()
    server = live.server(port, **UNLIMITED)

    async def scenario(token: str) -> tuple[set[int], int | None, float]:
        async with AsyncExitStack() as stack:
            clients = [
                await stack.enter_async_context(opening(port, token)) for _ in range(20)
            ]
            # Longer than any read of Redis waits.
            await asyncio.sleep(12)
            await clients[0].send('{"text": "still open"}')
            assert set(await asyncio.gather(*map(text_of, clients))) == {"still open"}
            started = time.monotonic()
            stopping = asyncio.create_task(asyncio.to_thread(server.stop, 30))
            codes = set(await asyncio.gather(*map(code_of, clients)))
            return codes, await stopping, time.monotonic() - started

    with api_of(server, port) as api:
        token = account(api, live, "ada@example.com")
        codes, status, seconds = asyncio.run(scenario(token))
    assert codes == {1012}
    assert status == 0
    assert seconds < 30
    assert "Traceback" not in server.everything()


@pytest.mark.exhaustive
def test_websockets_work_again_after_redis_restarts(live: "Live") -> None:
    port = free_port()
    server = live.server(port)

    async def scenario(token: str) -> None:
        async with opening(port, token) as client:
            await asyncio.to_thread(live.redis.stop)
            assert await code_of(client) == 1013
        live.redis.start()
        await asyncio.to_thread(
            live.redis.wait_for, "Ready to accept connections", times=2
        )
        async with opening(port, token) as client:
            await client.send('{"text": "found"}')
            assert await text_of(client) == "found"

    with api_of(server, port) as api:
        token = account(api, live, "ada@example.com")
        asyncio.run(scenario(token))
        assert register(api, "b@example.com")[0] == 201
    # Warnings of the outage may have a traceback: requests were not throttled.
    assert {line["level"] for line in lines(server)} == {"info", "warning"}
    assert "Traceback" not in server.errors()
