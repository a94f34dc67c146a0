"""A flood of logins takes neither the threads nor the memory of other requests."""

import json
import re
import socket
import statistics
import time
from collections import Counter
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import Request

import pytest

from tests.deployment import deployed
from tests.server import answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.deployment import Deployment
    from tests.project import Project

LOGINS = 200
WAVES = 6
QUIET_REQUESTS = 200
MAX_RATIO = 4
# A worker needs less than 150 MB, and a hash 100 MB.
MAX_MEMORY = 300


def login_request(number: int) -> bytes:
    body = json.dumps({"email": f"{number}@example.com", "password": "secret"})
    lines = [
        "POST /api/v1/auth/login/ HTTP/1.1",
        "Host: 127.0.0.1",
        "X-Forwarded-Proto: https",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Connection: close",
    ]
    return "\r\n".join([*lines, "", body]).encode()


def send_logins(address: tuple[str, int]) -> list[str]:
    """Send logins at the same time; return the heads of the responses."""
    clients = [socket.create_connection(address, 60) for _login in range(LOGINS)]
    for number, client in enumerate(clients):
        client.sendall(login_request(number))
    heads = []
    for client in clients:
        with client, client.makefile() as response:
            heads.append(response.read().partition("\n\n")[0])
    return heads


def time_me(running: "Deployment", authorization: str) -> float:
    headers = {**running.api.headers, "Authorization": authorization}
    start = time.monotonic()
    status, _ = answer(Request(f"{running.api.url}/api/v1/auth/me/", headers=headers))
    assert status == 200
    return time.monotonic() - start


def peak_memory(server: int) -> list[int]:
    """Return the most memory that each process of a server has had, in MB."""
    parents: dict[int, int] = {}
    peaks: dict[int, int] = {}
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            text = status.read_text()
        except OSError:
            continue
        parents[int(status.parent.name)] = int(text.split("PPid:")[1].split()[0])
        if found := re.search(r"VmHWM:\s+(\d+) kB", text):
            peaks[int(status.parent.name)] = int(found[1]) // 1024

    def is_of_server(pid: int) -> bool:
        return pid == server or (pid in parents and is_of_server(parents[pid]))

    return [peak for pid, peak in peaks.items() if is_of_server(pid)]


@pytest.mark.exhaustive
def test_a_flood_of_logins_leaves_others_threads_and_memory(
    render: "Callable[..., Project]",
    tmp_path: Path,
    record_property: "Callable[[str, object], None]",
) -> None:
    with deployed(render, tmp_path, use_jwt=False) as running:
        authorization = running.admin()
        parts = urlsplit(running.api.url)
        assert parts.hostname
        assert parts.port
        address = (parts.hostname, parts.port)
        heads: list[str] = []
        over = Event()

        def flood() -> None:
            for _wave in range(WAVES):
                heads.extend(send_logins(address))
                time.sleep(1)
            over.set()

        quiet = [time_me(running, authorization) for _request in range(QUIET_REQUESTS)]
        flooding = Thread(target=flood)
        flooding.start()
        flooded: list[float] = []
        while not over.is_set():
            flooded.append(time_me(running, authorization))
        flooding.join()
        memory = peak_memory(running.gunicorn)

    statuses = Counter(head.split()[1] for head in heads)
    ratio = statistics.median(flooded) / statistics.median(quiet)
    record_property("statuses", dict(statuses))
    record_property("ratio of me", f"{ratio:.2f}, slowest {max(flooded):.3f} s")
    record_property("memory", memory)
    assert set(statuses) == {"401", "503"}
    assert statuses["401"] >= WAVES
    rejected = [head for head in heads if head.split()[1] == "503"]
    assert all("retry-after: 5" in head.lower() for head in rejected)
    assert ratio < MAX_RATIO, (ratio, max(flooded))
    assert max(memory) < MAX_MEMORY, memory
