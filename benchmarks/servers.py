"""Servers on loopback, and the resources of their processes."""

import os
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.sites import HOST
from tests.processes import Program, running
from tests.server import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.sites import Site

LIVE: Final = "/api/health/live/"
WORKERS: Final = 2
THREADS: Final = 8
START_SECONDS: Final = 60
QUIET: Final = 2
TICKS: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Kind:
    """How a project is served.

    Attributes:
        arguments: What gunicorn is told.
        env: What the project is told.
    """

    arguments: tuple[str, ...]
    env: dict[str, str]


HAND_MADE: Final = (
    *("--workers", str(WORKERS), "--keep-alive", "5"),
    "--no-control-socket",
)
RENDERED: Final = Kind(
    ("--config", "config/gunicorn.conf.py", "config.asgi:application"),
    {"WEB_CONCURRENCY": str(WORKERS)},
)
WSGI: Final = Kind(
    (
        *HAND_MADE,
        *("--worker-class", "gthread", "--threads", str(THREADS)),
        "config.wsgi:application",
    ),
    {},
)
ASGI: Final = Kind(
    (
        *HAND_MADE,
        *("--worker-class", "uvicorn_worker.UvicornWorker"),
        "config.asgi:application",
    ),
    {"DATABASE_POOL_SIZE": str(THREADS)},
)
BARE: Final = Kind((*ASGI.arguments[:-1], "config.bare:application"), {})


@dataclass(frozen=True)
class Server:
    """A running server.

    Attributes:
        site: The project.
        port: Where it listens.
        program: Its processes.
        seconds: How long it took until the first answer.
    """

    site: "Site"
    port: int
    program: Program
    seconds: float

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{HOST}:{self.port}"

    @property
    def master(self) -> int:
        """The process that was started."""
        if self.program.process is None:
            message = "The server has not been started"
            raise RuntimeError(message)
        return self.program.process.pid

    def workers(self) -> list[int]:
        """Return the processes that answer."""
        return [
            pid for pid, (parent, _) in processes().items() if parent == self.master
        ]

    def cpu_seconds(self) -> float:
        """Return the CPU seconds of the processes since their start."""
        known = processes()
        tree = {self.master}
        while more := {pid for pid, (up, _) in known.items() if up in tree} - tree:
            tree |= more
        return sum(known[pid][1] for pid in tree if pid in known)

    def rest(self, seconds: float = 120) -> None:
        """Wait until it is idle: it may still answer requests of closed connections."""
        limit = time.monotonic() + seconds
        before = self.cpu_seconds()
        quiet = 0
        while time.monotonic() < limit and quiet < QUIET:
            time.sleep(0.15)
            now = self.cpu_seconds()
            quiet = quiet + 1 if now - before <= 1 / TICKS else 0
            before = now


def processes() -> dict[int, tuple[int, float]]:
    """Return parent and CPU seconds of every process, ended threads included."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                # The name before it may hold spaces.
                fields = (folder / "stat").read_text().rpartition(") ")[2].split()
            except OSError:
                continue
            ticks = int(fields[11]) + int(fields[12])
            found[int(folder.name)] = (int(fields[1]), ticks / TICKS)
    return found


def proportional_kib(pid: int) -> int:
    """Return the memory of a process, with its share of shared memory (PSS)."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == "Pss":
            return int(value.split()[0])
    message = f"No Pss in /proc/{pid}/smaps_rollup"
    raise RuntimeError(message)


def get(port: int, path: str, *headers: str) -> tuple[int, bytes]:
    """Request a page once."""
    connection = HTTPConnection(HOST, port, timeout=30)
    try:
        pairs = dict(header.split(": ", 1) for header in headers)
        connection.request("GET", path, headers={"X-Forwarded-Proto": "https"} | pairs)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


@contextmanager
def serving(
    site: "Site", kind: Kind, log: Path, env: dict[str, str] | None = None
) -> "Iterator[Server]":
    """Run a server until the block ends.

    Args:
        site: The project.
        kind: How it is served.
        log: A file for what it prints.
        env: More settings.

    Yields:
        The server, which has answered once.

    Raises:
        RuntimeError: If it does not start.
    """
    port = free_port()
    gunicorn = str(site.programs / "gunicorn")
    program = Program(
        [gunicorn, "--bind", f"{HOST}:{port}", *kind.arguments],
        log,
        site.folder,
        site.env | kind.env | (env or {}),
    )
    started = time.monotonic()
    with running(program):
        while not answers(port):
            late = time.monotonic() > started + START_SECONDS
            if late or program.has_ended():
                message = f"The server does not start:\n{program.everything()}"
                raise RuntimeError(message)
            time.sleep(0.005)
        yield Server(site, port, program, time.monotonic() - started)


def answers(port: int) -> bool:
    """Return whether a server answers its liveness check."""
    try:
        return get(port, LIVE)[0] == HTTPStatus.OK
    except (OSError, HTTPException):
        return False
