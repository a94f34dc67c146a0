"""Programs that a test starts, watches, kills and stops."""

import os
import secrets
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tests.server import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.project import Project

# Celery prints this line, which is not JSON, when a worker stops.
# Celery prints an empty line and this one when a worker stops.
WARM_SHUTDOWN = ("", "worker: Warm shutdown (MainProcess)")


def wait_until(
    condition: "Callable[[], object]", what: str, seconds: float = 60
) -> None:
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, f"waited {seconds} s in vain: {what}"
        time.sleep(0.1)


@dataclass
class Program:
    """A program with all it starts; what it prints goes to two files."""

    command: list[str]
    log: "Path"
    cwd: "Path"
    env: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        errors = self.log.with_suffix(".errors")
        with self.log.open("ab") as output, errors.open("ab") as messages:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.cwd,
                env={**os.environ, **self.env},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=messages,
                start_new_session=True,
            )

    def text(self) -> str:
        return self.log.read_text() if self.log.exists() else ""

    def everything(self) -> str:
        return self.text() + self.errors()

    def errors(self) -> str:
        return self.log.with_suffix(".errors").read_text()

    def wait_for(self, text: str, *, times: int = 1, seconds: float = 60) -> None:
        wait_until(
            lambda: self.text().count(text) >= times or self.has_ended(), text, seconds
        )
        assert self.text().count(text) >= times, self.everything()

    def has_ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def kill(self) -> None:
        """End it the way a power cut does."""
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(timeout=20)

    def stop(self, seconds: float = 20) -> int | None:
        """Ask it to end and return its exit code, or None if it had to be killed."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=seconds)
            except subprocess.TimeoutExpired:
                self.kill()
                return None
        return self.process.returncode


@contextmanager
def running(*programs: Program) -> "Iterator[None]":
    """Start programs and end them, whatever happens."""
    try:
        for program in programs:
            program.start()
        yield
    finally:
        for program in reversed(programs):
            program.stop()
            program.kill()


def require(program: str) -> None:
    """Skip the test where a program is missing, or fail where none may be."""
    if shutil.which(program) is None:
        reason = f"needs {program}"
        if os.environ.get("DJANGO_ARCH_REQUIRE_SERVICES") == "1":
            pytest.fail(reason)
        pytest.skip(reason)


@contextmanager
def redis_server(folder: "Path") -> "Iterator[tuple[Program, str]]":
    """Run a Redis that keeps what it holds, to stop and start at will."""
    require("redis-server")
    port = free_port()
    folder.mkdir()
    server = Program(
        [
            *("redis-server", "--bind", "127.0.0.1", "--port", str(port)),
            *("--save", "", "--appendonly", "yes", "--dir", str(folder)),
        ],
        folder / "log",
        folder,
    )
    with running(server):
        server.wait_for("Ready to accept connections")
        yield server, f"redis://127.0.0.1:{port}/0"


@dataclass(frozen=True)
class Live:
    """A project whose programs run on PostgreSQL and a Redis of its own."""

    project: "Project"
    env: dict[str, str]
    folder: "Path"
    redis: Program

    def program(self, name: str, *command: str, **env: str) -> Program:
        environment = self.project.environment or self.project.path / ".venv"
        command = (str(environment / "bin" / command[0]), *command[1:])
        log = self.folder / f"{name}.log"
        return Program(list(command), log, self.project.path, self.env | env)

    def worker(self, name: str = "worker", **env: str) -> Program:
        return self.program(
            name, *("celery", "--quiet", "--app", "config", "worker"), **env
        )

    def beat(self, name: str = "beat") -> Program:
        return self.program(
            name, *("celery", "--quiet", "--app", "config", "beat", "--pidfile=")
        )

    def server(self, port: int, **env: str) -> Program:
        return self.program(
            "server",
            *("gunicorn", "--config", "config/gunicorn.conf.py"),
            *("--bind", f"127.0.0.1:{port}", "config.asgi:application"),
            **{"WEB_CONCURRENCY": "2", **env},
        )

    def shell(self, script: str) -> str:
        return self.project.manage(
            *("shell", "--verbosity", "0", "--command", script), env=self.env
        ).stdout


def own_database(project: "Project") -> str:
    """Create a database that no other test uses, or skip, and return its URL."""
    name = "DJANGO_ARCH_TEST_DATABASE_URL"
    if not os.environ.get(name):
        reason = f"needs PostgreSQL: set {name}"
        if os.environ.get("DJANGO_ARCH_REQUIRE_SERVICES") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    database = f"live_{secrets.token_hex(4)}"
    create = (
        "import psycopg, sys; "
        "psycopg.connect(sys.argv[1], autocommit=True)"
        ".execute(f'CREATE DATABASE {sys.argv[2]}')"
    )
    project.uv_run("python", "-c", create, os.environ[name], database)
    return f"{os.environ[name].rpartition('/')[0]}/{database}"
