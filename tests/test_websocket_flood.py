"""Floods of WebSockets by one account, through gunicorn with two workers and Redis."""

import asyncio
import json
import time
from collections import Counter
from contextlib import AsyncExitStack, suppress
from multiprocessing import get_context
from typing import TYPE_CHECKING

import pytest
from websockets.exceptions import ConnectionClosed

from tests.processes import wait_until
from tests.server import free_port
from tests.test_celery import api_of
from tests.test_channels import account, code_of, opening

if TYPE_CHECKING:
    from tests.processes import Live
    from tests.server import Api

LIMIT = 20
FLOOD = 80
# Below the limit of one WebSocket: 20 in 10 s.
PAUSE_SECONDS = 0.52
MAX_DELAY_SECONDS = 2
MAX_REVOCATION_SECONDS = 5


class Flooder:
    """An account that sends through many WebSockets, and reopens those that close."""

    def __init__(self, port: int, token: str) -> None:
        self.port = port
        self.token = token
        self.codes: Counter[int] = Counter()
        self.sent = 0

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for _ in range(FLOOD):
                tasks.create_task(self.keep_sending())

    async def keep_sending(self) -> None:
        while True:
            with suppress(OSError, TimeoutError):
                await self.send_until_closed()
            await asyncio.sleep(1)

    async def send_until_closed(self) -> None:
        try:
            async with opening(self.port, self.token) as client:
                reading = asyncio.create_task(client.wait_closed())
                while not reading.done():
                    await client.send('{"text": "flood"}')
                    self.sent += 1
                    await asyncio.wait({reading}, timeout=PAUSE_SECONDS)
                self.codes[client.close_code or 0] += 1
        except ConnectionClosed as error:
            self.codes[error.rcvd.code if error.rcvd else 0] += 1


def flood_forever(port: int, token: str) -> None:
    asyncio.run(Flooder(port, token).run())


class Member:
    """A user who sends numbered messages and notes when another one receives them."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.sent: dict[str, float] = {}

    def next_text(self) -> str:
        text = f"{self.name}-{len(self.sent)}"
        self.sent[text] = time.monotonic()
        return json.dumps({"text": text})


async def delays_between(port: int, tokens: list[str], rounds: int) -> list[float]:
    """Send a message of each member in each round; return the seconds each one took.

    A message that no other member has received in the end took infinitely long.
    """
    members = [Member(f"member-{number}") for number in range(len(tokens))]
    sent: dict[str, float] = {}
    delays: dict[str, float] = {}
    async with AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(opening(port, token)) for token in tokens
        ]

        async def read(index: int) -> None:
            async for message in clients[index]:
                text = json.loads(message)["text"]
                if text in sent and not text.startswith(f"{members[index].name}-"):
                    delays.setdefault(text, time.monotonic() - sent[text])

        readers = [asyncio.create_task(read(index)) for index in range(len(clients))]
        for _ in range(rounds):
            for member, client in zip(members, clients, strict=True):
                text = member.next_text()
                sent |= member.sent
                await client.send(text)
            await asyncio.sleep(1.5)
        await asyncio.sleep(MAX_DELAY_SECONDS)
        assert not any(reader.done() for reader in readers), "a member was closed"
        for reader in readers:
            reader.cancel()
    return [delays.get(text, float("inf")) for text in sent]


async def seconds_until_closed(api: "Api", port: int, token: str) -> float:
    """Log out a user who has a WebSocket, and wait until it is closed with 4401."""
    async with opening(port, token) as client:
        await asyncio.sleep(1)
        closing = asyncio.create_task(code_of(client, 60))
        status, _ = await asyncio.to_thread(
            api.call, "POST", "/api/v1/auth/logout/", {}, token
        )
        assert status == 204
        started = time.monotonic()
        assert await closing == 4401
        return time.monotonic() - started


@pytest.mark.exhaustive
def test_flood_within_the_limits_of_each_websocket_delays_nobody_else(
    live: "Live",
) -> None:
    port = free_port()
    server = live.server(port, LOG_LEVEL="INFO")

    async def scenario(
        api: "Api", flooder: Flooder, tokens: list[str], revoked: str
    ) -> None:
        flooding = asyncio.create_task(flooder.run())
        await asyncio.sleep(3)
        delays = await delays_between(port, tokens, rounds=12)
        seconds = await seconds_until_closed(api, port, revoked)
        assert len(delays) == 48
        assert max(delays) < MAX_DELAY_SECONDS
        assert seconds < MAX_REVOCATION_SECONDS

        # Every WebSocket beyond the limit, and those that sent too much.
        assert set(flooder.codes) == {4429}
        flooder.codes.clear()
        status, _ = await asyncio.to_thread(
            api.call, "POST", "/api/v1/auth/logout/", {}, flooder.token
        )
        assert status == 204
        await asyncio.sleep(MAX_REVOCATION_SECONDS)
        flooder.codes.clear()
        before = flooder.sent
        await asyncio.sleep(3)
        assert set(flooder.codes) == {4401}
        # Only what is sent before the rejection arrives.
        assert flooder.sent - before <= sum(flooder.codes.values()) + FLOOD
        flooding.cancel()

    with api_of(server, port) as api:
        flooder = Flooder(port, account(api, live, "flood@example.com"))
        tokens = [account(api, live, f"{name}@example.com") for name in "abcd"]
        revoked = account(api, live, "revoked@example.com")
        asyncio.run(scenario(api, flooder, tokens, revoked))
    assert "Traceback" not in server.everything()


@pytest.mark.exhaustive
def test_session_is_revoked_while_messages_wait(live: "Live") -> None:
    """Limits that let the flood pass: more messages than the workers can deliver."""
    port = free_port()
    server = live.server(
        port,
        WEBSOCKET_MAX_PER_USER=str(2 * FLOOD),
        WEBSOCKET_MESSAGES_PER_MINUTE="1000000",
    )

    with api_of(server, port) as api:
        token = account(api, live, "flood@example.com")
        revoked = account(api, live, "revoked@example.com")
        # A process of its own, because the flood slows its clients down, too.
        flood = get_context("spawn").Process(target=flood_forever, args=(port, token))
        flood.start()
        try:
            time.sleep(15)
            seconds = asyncio.run(seconds_until_closed(api, port, revoked))
        finally:
            flood.kill()
            flood.join()
    assert seconds < MAX_REVOCATION_SECONDS
    assert "Traceback" not in server.everything()


@pytest.mark.exhaustive
def test_user_has_at_most_20_open_websockets_and_others_are_not_affected(
    live: "Live",
) -> None:
    port = free_port()
    server = live.server(port)

    async def scenario(token: str, other: str) -> None:
        async with AsyncExitStack() as stack:
            clients = await asyncio.gather(
                *(
                    stack.enter_async_context(opening(port, token))
                    for _ in range(3 * LIMIT)
                )
            )
            codes = await asyncio.gather(
                *(code_of(client, 5) for client in clients), return_exceptions=True
            )
            assert codes.count(4429) == 2 * LIMIT
            assert sum(isinstance(code, TimeoutError) for code in codes) == LIMIT
            async with opening(port, other) as client:
                await client.send('{"text": "Hello"}')
                assert json.loads(await client.recv())["text"] == "Hello"

    with api_of(server, port) as api:
        token = account(api, live, "ada@example.com")
        other = account(api, live, "bob@example.com")
        asyncio.run(scenario(token, other))
    assert "Traceback" not in server.everything()


@pytest.mark.exhaustive
def test_websockets_of_a_killed_server_count_until_their_lease_ends(
    live: "Live",
) -> None:
    seconds = 6
    for name, old, new in (
        ("quotas", "LEASE_SECONDS: Final = 150", f"LEASE_SECONDS: Final = {seconds}"),
        ("consumers", "RECHECK_SECONDS: Final = 60", "RECHECK_SECONDS: Final = 1"),
    ):
        module = live.project.path / "apps/core/websockets" / f"{name}.py"
        assert old in module.read_text()
        module.write_text(module.read_text().replace(old, new))
    port, other_port = free_port(), free_port()
    limits = {"WEBSOCKET_MAX_PER_USER": "3", "WEB_CONCURRENCY": "1"}
    server, other = live.server(port, **limits), live.server(other_port, **limits)

    async def open_three_and_kill(token: str) -> None:
        async with AsyncExitStack() as stack:
            for _ in range(3):
                await stack.enter_async_context(opening(port, token))
            # They renew their entries.
            await asyncio.sleep(1.5 * seconds)
            assert await code_of_another(token) == 4429
            await asyncio.to_thread(server.kill)
            assert await code_of_another(token) == 4429

    async def code_of_another(token: str) -> int:
        async with opening(other_port, token) as client:
            return await code_of(client)

    async def is_let_in(token: str) -> bool:
        async with opening(other_port, token) as client:
            with suppress(ConnectionClosed):
                await client.send('{"text": "Hello"}')
                return bool(json.loads(await client.recv())["text"] == "Hello")
        return False

    with api_of(server, port) as api, api_of(other, other_port):
        token = account(api, live, "ada@example.com")
        asyncio.run(open_three_and_kill(token))
        wait_until(lambda: asyncio.run(is_let_in(token)), "the lease", 2 * seconds)
