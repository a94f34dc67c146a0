"""One client that floods: `flood.py KIND SECONDS TOKEN` prints what it got, as JSON.

It repeats each action on many connections at the same time, without a pause.
"""

import asyncio
import itertools
import json
import resource
import secrets
import sys
import time
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Final

import raw

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

LOGIN: Final = "/api/v1/auth/login/"
# As large as a body may be.
BODY_SIZE: Final = 2_621_440
PASSWORD: Final = secrets.token_urlsafe(16)
got: Counter[str] = Counter()
numbers = itertools.count()


def build(kind: str, number: int) -> bytes:
    """Return a request, different from the ones before it where this matters."""
    account = {"email": f"flood-{number}@example.com", "password": PASSWORD}
    match kind:
        case "health":
            return raw.request("GET /api/health/")
        case "login":
            return raw.request(f"POST {LOGIN}", data=account)
        case "register":
            data = account | {"name": "Flood"}
            return raw.request("POST /api/v1/auth/register/", data=data)
        case "bad tokens":
            header = f"Authorization: Bearer made-up-{number}"
            return raw.request("GET /api/v1/auth/me/", header)
    return raw.request(f"GET /api/v1/users/?{'a&' * 1_001}")


async def requests(kind: str) -> None:
    """Send requests on one connection."""
    streams = await raw.connect()
    try:
        while True:
            got[await raw.answer(streams, build(kind, next(numbers)))] += 1
    finally:
        streams[1].close()


async def websocket(token: str, *, send: bool) -> None:
    """Open a WebSocket, send through it or only hold it, until it is closed."""
    status, streams = await raw.open_websocket("flood", token)
    got[status] += 1
    if status != "101":
        streams[1].close()
        return
    sending = asyncio.create_task(messages(streams[1])) if send else None
    try:
        opcode = raw.TEXT
        while opcode != raw.CLOSE:
            opcode, payload = await raw.receive(streams)
        got[f"closed with {int.from_bytes(payload[:2])}"] += 1
    finally:
        if sending:
            sending.cancel()
        streams[1].close()


async def messages(writer: asyncio.StreamWriter) -> None:
    """Send messages as fast as they are taken."""
    while True:
        writer.write(raw.frame(b'{"text": "flood"}'))
        got["messages sent"] += 1
        await writer.drain()
        await asyncio.sleep(0)


async def slow(first: bytes, *, tls: bool) -> None:
    """Send a part of a request, then a byte per second until there is a response."""
    reader, writer = await raw.connect(tls=tls)
    reading = asyncio.create_task(reader.read(4096))
    try:
        writer.write(first)
        while not reading.done():
            await asyncio.wait({reading}, timeout=1)
            writer.write(b"x")
        words = reading.result().split(None, 2)
        got[words[1].decode() if words else "closed"] += 1
    finally:
        reading.cancel()
        writer.close()


def action(kind: str, token: str) -> "tuple[int, Callable[[], Awaitable[None]]]":
    """Return how many do it at the same time, and what."""
    match kind:
        case "WebSocket connects":
            return 150, partial(websocket, token, send=False)
        case "WebSocket messages":
            return 20, partial(websocket, token, send=True)
        case "slow bodies":
            head = raw.request(f"POST {LOGIN}", f"Content-Length: {BODY_SIZE}")
            return 150, partial(slow, head + b"x" * (BODY_SIZE - 1000), tls=True)
        case "slow headers":
            return 4000, partial(slow, b"GET /api/ HTTP/1.1\r\nHost: ", tls=False)
    return 150, partial(requests, kind)


async def repeat(act: "Callable[[], Awaitable[None]]", seconds: float) -> None:
    """Start again each time it ends, until the time is over."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        try:
            async with asyncio.timeout(left):
                await act()
        except TimeoutError:
            return
        except (OSError, EOFError) as error:
            got[type(error).__name__] += 1
            await asyncio.sleep(0.01)


async def main(kind: str, seconds: float, token: str) -> None:
    """Flood, then print the counts."""
    count, act = action(kind, token)
    await asyncio.gather(*(repeat(act, seconds) for _ in range(count)))
    print(json.dumps(got))


if __name__ == "__main__":
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    asyncio.run(main(sys.argv[1], float(sys.argv[2]), sys.argv[3]))
