"""WebSockets: time of an echo, and memory of an open connection."""

import asyncio
import json
import resource
import time
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any, Final

from websockets.asyncio.client import connect
from websockets.typing import Origin, Subprotocol

from benchmarks import servers
from benchmarks.plan import say
from benchmarks.sites import HOST

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

    from benchmarks.plan import Plan
    from benchmarks.servers import Server
    from benchmarks.sites import Site

COUNTS: Final = (10, 100, 1000)
# Of all WebSockets together; one may send at most 20 in 10 s.
ECHOES: Final = 500
OPENING: Final = 20
FILES: Final = 4096
# One user opens them all and sends through them.
LIMITS: Final = {
    "WEBSOCKET_MAX_PER_USER": "10000",
    "WEBSOCKET_MESSAGES_PER_MINUTE": "100000",
}


def run(plan: "Plan", site: "Site") -> dict[str, Any]:
    """Return echo times and memory by number of WebSockets, each in its own room."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = FILES if most == resource.RLIM_INFINITY else min(FILES, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (enough, most))
    found = {}
    for count in COUNTS[:2] if plan.quick else COUNTS:
        say(f"growth: {count} WebSockets")
        log = plan.scratch / f"websockets-{count}.log"
        with servers.serving(site, servers.RENDERED, log, LIMITS) as server:
            # A warm-up of each worker, before memory is measured.
            asyncio.run(talk(server, servers.WORKERS * 4))
            found[str(count)] = asyncio.run(talk(server, count))
    return found


async def talk(server: "Server", count: int) -> dict[str, float]:
    """Open WebSockets, send through them, and close them."""
    before = resident_kib(server)
    async with AsyncExitStack() as stack:
        clients: list[ClientConnection] = []
        for first in range(0, count, OPENING):
            rooms = range(first, min(first + OPENING, count))
            opened = [
                stack.enter_async_context(opening(server, room)) for room in rooms
            ]
            clients += await asyncio.gather(*opened)
        times = []
        for turn in range(max(1, min(10, ECHOES // count))):
            some = clients[: ECHOES - turn * count]
            times += [await echo(client) for client in some]
        held = resident_kib(server) - before
    return {
        "p50_ms": round(median(times), 2),
        "p99_ms": round(quantiles(times, n=100)[-1], 2),
        "kib": round(held / count, 1),
    }


def opening(server: "Server", room: int) -> connect:
    """Open a WebSocket as a page of the service does."""
    token = server.site.credentials["token"].rpartition(" ")[2]
    return connect(
        f"ws://{HOST}:{server.port}/ws/chat/room-{room}/",
        origin=Origin(f"https://{HOST}:{server.port}"),
        subprotocols=[Subprotocol("bearer"), Subprotocol(token)],
        open_timeout=60,
    )


async def echo(client: "ClientConnection") -> float:
    """Return the milliseconds until the room's only member gets their own message."""
    started = time.perf_counter()
    async with asyncio.timeout(30):
        await client.send(json.dumps({"text": "Hello"}))
        await client.recv()
    return 1000 * (time.perf_counter() - started)


def resident_kib(server: "Server") -> int:
    """Return the memory of the workers (RSS)."""
    total = 0
    for pid in server.workers():
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                total += int(line.split()[1])
    return total
