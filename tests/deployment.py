"""A generated project as in production: gunicorn, a database and a Redis of its own."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.project import production
from tests.server import Api, free_port, gunicorn, start, stop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.project import Project

DATABASE = "DJANGO_ARCH_TEST_DATABASE_URL"
# So high that no test meets them; a test that wants to names its own.
UNLIMITED = {
    "THROTTLE_ANON": "9999999/hour",
    "THROTTLE_USER": "9999999/hour",
    "THROTTLE_LOGIN": "9999/minute",
}
CREATE_DATABASE = (
    "import psycopg, sys; "
    "psycopg.connect(sys.argv[1], autocommit=True)"
    ".execute(f'CREATE DATABASE {sys.argv[2]}')"
)


class Redis:
    """A Redis server that can be killed, held up and started again."""

    def __init__(self, folder: "Path") -> None:
        self.folder = folder
        self.port = free_port()
        self.start()

    def start(self) -> None:
        options = ("--port", str(self.port), "--bind", "127.0.0.1", "--save", "")
        self.process = subprocess.Popen(
            ("redis-server", *options),
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
        )
        limit = time.monotonic() + 10
        while time.monotonic() < limit:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        message = "Redis does not start"
        raise AssertionError(message)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def hold(self) -> None:
        """Let it accept connections and answer nothing."""
        self.process.send_signal(signal.SIGSTOP)

    def release(self) -> None:
        self.process.send_signal(signal.SIGCONT)


@dataclass(frozen=True)
class Deployment:
    """A running project, with the means to disturb it."""

    project: "Project"
    api: Api
    env: dict[str, str]
    redis: Redis
    log: "Path"
    gunicorn: int

    def authorization(self, email: str, password: str) -> str:
        """Log in and return the header that proves it."""
        status, body = self.api.call(
            "POST", "/api/v1/auth/login/", {"email": email, "password": password}
        )
        assert status == 200, body
        if "access" in body:
            return f"Bearer {body['access']}"
        return f"Token {body['token']}"

    def register(self) -> str:
        """Open an account and return the header that proves who owns it."""
        email, password = f"{secrets.token_hex(8)}@example.com", secrets.token_hex(16)
        body = {"email": email, "name": "Ada", "password": password}
        assert self.api.call("POST", "/api/v1/auth/register/", body)[0] == 201
        return self.authorization(email, password)

    def admin(self) -> str:
        """Make an admin and return the header that proves who that is."""
        email, password = f"{secrets.token_hex(8)}@example.com", secrets.token_hex(16)
        created = {
            "DJANGO_SUPERUSER_EMAIL": email,
            "DJANGO_SUPERUSER_NAME": "Admin",
            "DJANGO_SUPERUSER_PASSWORD": password,
        }
        self.project.manage("createsuperuser", "--noinput", env=self.env | created)
        return self.authorization(email, password)


def require_services() -> None:
    """Skip the test where a service is missing, or fail where none may be."""
    missing = [] if os.environ.get(DATABASE) else [f"{DATABASE} (PostgreSQL)"]
    missing += [] if shutil.which("redis-server") else ["the program redis-server"]
    if missing:
        reason = f"needs {' and '.join(missing)}"
        if os.environ.get("DJANGO_ARCH_REQUIRE_SERVICES") == "1":
            pytest.fail(reason)
        pytest.skip(reason)


@contextmanager
def deployed(
    render: "Callable[..., Project]",
    work: "Path",
    *,
    use_jwt: bool,
    settings: dict[str, str] | None = None,
    route: "Callable[[str], str]" = str,
) -> "Iterator[Deployment]":
    """Render a project and run it until the block ends.

    `route` changes the URLs of the services to those the project uses.
    """
    require_services()
    project = render(use_jwt=use_jwt)
    project.run("uv", "sync", "--no-dev")
    server, _, _ = os.environ[DATABASE].rpartition("/")
    name = f"deployment_{secrets.token_hex(4)}"
    create = ("python", "-c", CREATE_DATABASE, os.environ[DATABASE], name)
    project.uv_run("--no-dev", *create)
    redis = Redis(work)
    port = free_port()
    env = {
        **production(),
        **UNLIMITED,
        "ALLOWED_HOSTS": "127.0.0.1",
        "API_DOCS": "public",
        "DATABASE_URL": route(f"{server}/{name}"),
        "JWT_SIGNING_KEY": secrets.token_urlsafe(64),
        "REDIS_URL": route(f"redis://127.0.0.1:{redis.port}/0"),
        "UV_NO_DEV": "1",
        "WEB_CONCURRENCY": "2",
        **(settings or {}),
    }
    project.manage("migrate", "--verbosity", "0", env=env)
    api = Api(f"http://127.0.0.1:{port}", {"X-Forwarded-Proto": "https"})
    log = work / "server.log"
    with log.open("w") as output:
        process = start(gunicorn(port), project.path, env, output)
        try:
            assert api.wait(process), log.read_text()
            yield Deployment(project, api, env, redis, log, process.pid)
        finally:
            stop(process)
            redis.release()
            redis.kill()
