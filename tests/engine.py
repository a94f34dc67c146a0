"""The generated service in containers: one stack, requests through its nginx, and load."""

import json
import re
import secrets
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from socket import create_connection
from typing import TYPE_CHECKING, Any, Self

import pytest

from tests.processes import WARM_SHUTDOWN
from tests.project import run

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping
    from email.message import Message

    from tests.project import Project, Result
    from tests.test_celery import Mails

HEALTHY = {"status": "healthy", "db": "ok", "cache": "ok"}
ME = "/api/v1/auth/me/"
LOGIN = "/api/v1/auth/login/"
PASSWORD = secrets.token_urlsafe(16)
# For what is the same in every render and takes long, and for what only options bring.
DEFAULT = pytest.mark.parametrize("stack", ["default"], indirect=True)
EVERYTHING = pytest.mark.parametrize("stack", ["everything"], indirect=True)


def docker(*arguments: str, check: bool = True) -> "Result":
    return run("docker", *arguments, check=check)


def problem() -> str:
    """Say why no engine can be used, or nothing."""
    try:
        result = docker("info", "--format", "{{.ServerVersion}}", check=False)
    except OSError as error:
        return str(error)
    return "" if result.returncode == 0 else result.stderr.strip()


@dataclass(frozen=True)
class Response:
    status: int
    headers: "Message"
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        parsed: dict[str, Any] = json.loads(self.body)
        return parsed


@dataclass(frozen=True)
class Stack:
    """A running `docker-compose.yml`."""

    project: "Project"
    name: str
    http: int
    https: int
    options: frozenset[str]
    mails: "Mails"
    tls: "ssl.SSLContext | None" = None

    @property
    def scheme(self) -> str:
        """How a token is presented."""
        return "Bearer" if "use_jwt" in self.options else "Token"

    @property
    def tasks(self) -> tuple[str, ...]:
        """The services that run background tasks."""
        return ("worker", "beat") if "use_celery" in self.options else ()

    def secrets(self) -> dict[str, str]:
        """Return what only `.env` may hold."""
        env = self.project.read(".env")
        found = re.findall(r"^(\w+_(?:KEYS?|PASSWORD))=(.+)", env, re.MULTILINE)
        return dict(found)

    def configure(self, values: "Mapping[str, object]") -> None:
        """Change `.env`, as far as it knows these settings."""
        env = self.project.path / ".env"
        text = env.read_text()
        for key, value in values.items():
            text = re.sub(rf"^{key}=.*$", f"{key}={value}", text, flags=re.MULTILINE)
        env.write_text(text)

    def compose(self, *arguments: str, check: bool = True) -> "Result":
        return self.project.run("docker", "compose", *arguments, check=check)

    def up(self, *arguments: str) -> None:
        self.compose("up", "--detach", "--wait", *arguments)

    def exec(self, service: str, *command: str) -> str:
        return self.compose("exec", "--no-TTY", service, *command).stdout

    def containers(self, service: str) -> list[str]:
        return self.compose("ps", "--quiet", service).stdout.split()

    def query(self, sql: str) -> str:
        """Ask the database directly."""
        return self.exec("db", "psql", "--username=app", "-Atc", sql)

    def forget_throttles(self) -> None:
        # Only the cache: tasks and WebSockets have separate databases.
        self.exec("redis", "redis-cli", "-n", "0", "flushdb")

    def inspect(self, container: str, template: str) -> str:
        return docker("inspect", "--format", template, container).stdout.strip()

    def wait_until_healthy(self, container: str) -> None:
        limit = time.monotonic() + 120
        while self.inspect(container, "{{.State.Health.Status}}") != "healthy":
            assert time.monotonic() < limit, f"{container} does not become healthy"
            time.sleep(0.2)

    @property
    def plain(self) -> "Stack":
        """The same service, over plain http."""
        return replace(self, tls=None)

    def connect(self) -> HTTPConnection:
        if self.tls is None:
            return HTTPConnection("localhost", self.http, timeout=60)
        return HTTPSConnection("localhost", self.https, timeout=60, context=self.tls)

    def send(
        self,
        method: str,
        path: str,
        data: "bytes | dict[str, str] | None" = None,
        *,
        token: str = "",
        headers: "Mapping[str, str] | None" = None,
    ) -> Response:
        """Send one request over a connection of its own."""
        sent = {"Content-Type": "application/json", **(headers or {})}
        if token:
            sent["Authorization"] = f"{self.scheme} {token}"
        body = json.dumps(data) if isinstance(data, dict) else data
        connection = self.connect()
        try:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            return Response(response.status, response.headers, response.read())
        finally:
            connection.close()

    def send_bytes(self, request: bytes) -> bytes:
        """Send what no client would, over plain http."""
        with create_connection(("localhost", self.http), timeout=30) as connection:
            connection.sendall(request)
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk
            return answer

    def health(self) -> tuple[int, dict[str, Any]]:
        response = self.send("GET", "/api/health/")
        return response.status, response.json

    def wait_for(
        self, healthy: "Callable[[int, dict[str, Any]], bool]", seconds: float
    ) -> float:
        """Wait until the health endpoint says so; return how long that took."""
        answer: tuple[int, dict[str, Any]] = (0, {})
        started = time.monotonic()
        while (waited := time.monotonic() - started) < seconds:
            try:
                answer = self.health()
                if healthy(*answer):
                    return time.monotonic() - started
            except (OSError, HTTPException, ValueError) as error:
                answer = (0, {"error": repr(error)})
            time.sleep(0.1)
        message = f"after {waited:.1f} s health still answers {answer}"
        raise AssertionError(message)

    def register(self, name: str, password: str) -> str:
        """Open an account and log in; return the token."""
        account = {"email": f"{name}@example.com", "password": password}
        registered = self.send(
            "POST", "/api/v1/auth/register/", account | {"name": name}
        )
        assert registered.status == 201, registered.body
        return self.login(account["email"], password)

    def login(self, email: str, password: str) -> str:
        account = {"email": email, "password": password}
        response = self.send("POST", LOGIN, account)
        assert response.status == 200, response.body
        token: str = response.json["access" if "use_jwt" in self.options else "token"]
        return token


def check_logs(stack: Stack) -> dict[str, list[dict[str, Any]]]:
    """Return each service's lines, which have to be JSON and hold nothing private.

    Not those of the database and of Redis, which log in formats of their own.
    """
    private = [*stack.secrets().values(), PASSWORD, "@example.com"]
    entries = {}
    for service in ("app", "nginx", "migrate", "certificate", *stack.tasks):
        logs = stack.compose("logs", "--no-log-prefix", "--no-color", service).stdout
        lines = filter(None, logs.replace("\x1b[2K", "").splitlines())
        entries[service] = [
            json.loads(line) for line in lines if line not in WARM_SHUTDOWN
        ]
        for entry in entries[service]:
            assert {"timestamp", "level", "logger", "event"} <= set(entry)
        assert not [secret for secret in private if secret in logs], service
    return entries


class Load:
    """Requests at a steady rate until the block ends, however long each one takes."""

    def __init__(
        self,
        send: "Callable[[int], int]",
        rate: float = 50,
        record: "Callable[[str], object]" = str,
    ) -> None:
        self.send = send
        self.rate = rate
        self.record = record
        self.results: list[tuple[float, object]] = []
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def __enter__(self) -> Self:
        self.thread.start()
        time.sleep(1)
        return self

    def __exit__(self, *_error: object) -> None:
        time.sleep(1)
        self.stopped.set()
        self.thread.join()
        self.record(self.report())

    def run(self) -> None:
        # Fewer than nginx allows one address.
        with ThreadPoolExecutor(90) as pool:
            started = time.monotonic()
            number = 0
            while not self.stopped.is_set():
                pool.submit(self.request, number)
                number += 1
                pause = started + number / self.rate - time.monotonic()
                self.stopped.wait(max(pause, 0))

    def request(self, number: int) -> None:
        started = time.monotonic()
        try:
            status: object = self.send(number)
        except (OSError, HTTPException) as error:
            status = re.sub("0x[0-9a-f]+", "", repr(error))
        self.results.append((time.monotonic() - started, status))

    def failures(self) -> "Counter[object]":
        return Counter(status for _, status in self.results if status != 200)

    def report(self) -> str:
        slowest = max(duration for duration, _ in self.results)
        return (
            f"{self.failures().total()} of {len(self.results)} failed "
            f"{dict(self.failures())}, the slowest took {slowest:.1f} s"
        )
