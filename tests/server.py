"""A server of the generated project on loopback, and requests to it."""

import json
import os
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GUNICORN = ("uv", "run", "gunicorn", "--config", "config/gunicorn.conf.py")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def answer(request: Request) -> tuple[int, bytes]:
    try:
        with urlopen(request, timeout=10) as response:
            return response.status, response.read()
    except HTTPError as error:
        return error.code, error.read()


@dataclass(frozen=True)
class Api:
    """The server's address, and headers every request carries."""

    url: str
    headers: dict[str, str]

    def call(
        self, method: str, path: str, data: object = None, token: str = ""
    ) -> tuple[int, Any]:
        """Return the status and the JSON of a response."""
        headers = {"Content-Type": "application/json", **self.headers}
        if token:
            headers["Authorization"] = f"Token {token}"
        body = None if data is None else json.dumps(data).encode()
        request = Request(self.url + path, body, headers, method=method)
        status, content = answer(request)
        return status, json.loads(content) if content else None

    def fetch(self, path: str) -> tuple[int, str]:
        """Return the status and the text of a page."""
        status, content = answer(Request(self.url + path, headers=self.headers))
        return status, content.decode()

    def wait(self, process: subprocess.Popen[bytes], seconds: float = 60) -> bool:
        """Tell whether the health endpoint answered with 200 in that time."""
        limit = time.monotonic() + seconds
        while time.monotonic() < limit and process.poll() is None:
            try:
                if self.call("GET", "/api/health/")[0] == 200:
                    return True
            except (URLError, OSError, ValueError):
                pass
            time.sleep(0.1)
        return False


def start(
    command: tuple[str, ...], cwd: "Path", env: dict[str, str], output: IO[Any]
) -> subprocess.Popen[bytes]:
    """Start a server.

    What it prints goes to a file: a pipe that nobody reads is full after a while, and
    then logging waits.
    """
    return subprocess.Popen(
        command,
        cwd=cwd,
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the process and all it started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)


@contextmanager
def serving(
    *command: str,
    cwd: "Path",
    port: int,
    env: dict[str, str],
    headers: dict[str, str] | None = None,
) -> "Iterator[Api]":
    """Run a server until the block ends."""
    api = Api(f"http://127.0.0.1:{port}", headers or {})
    with TemporaryFile() as output:
        process = start(command, cwd, env, output)
        try:
            if not api.wait(process):
                output.seek(0)
                raise AssertionError(output.read().decode())
            yield api
        finally:
            stop(process)


def gunicorn(port: int) -> tuple[str, ...]:
    return (*GUNICORN, "--bind", f"127.0.0.1:{port}", "config.asgi:application")
