"""What requests cost, as counts that do not depend on the machine.

Queries and switches between threads are counted by the generated project's own tests.
"""

import os
import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from urllib.request import Request

import pytest

from tests.deployment import deployed
from tests.server import answer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.deployment import Deployment
    from tests.project import Project

pytestmark = pytest.mark.exhaustive

WORKERS, POOL = 2, 5
ME, USERS = "/api/v1/auth/me/", "/api/v1/users/"
CHANGE = "/api/v1/auth/change-password/"
# How the client greets, and how this test asks.
GREETINGS = {"hello", "client", "client|setinfo", "client|maint_notifications", "info"}
MODULES = "import sys, config.asgi; print(len(sys.modules))"
CONNECTIONS = (
    "import psycopg, sys; "
    "print(psycopg.connect(sys.argv[1]).execute('SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()').fetchone()[0])"
)


def redis_commands(running: "Deployment") -> Counter[str]:
    """Count the commands Redis has got so far."""
    with socket.create_connection(("127.0.0.1", running.redis.port), 5) as connection:
        connection.sendall(b"INFO commandstats\r\n")
        with connection.makefile("rb") as reader:
            text = reader.read(int(reader.readline()[1:])).decode()
    counted: Counter[str] = Counter()
    for line in text.splitlines():
        name, found, numbers = line.removeprefix("cmdstat_").partition(":calls=")
        if found and name not in GREETINGS:
            counted[name] = int(numbers.partition(",")[0])
    return counted


@pytest.mark.parametrize("use_jwt", [False, True], ids=["token", "jwt"])
def test_a_request_costs_one_command_of_redis_and_no_more_connections_than_configured(
    render: "Callable[..., Project]", tmp_path: "Path", *, use_jwt: bool
) -> None:
    settings = {"WEB_THREADS": "4", "DATABASE_POOL_SIZE": str(POOL)}
    with deployed(render, tmp_path, use_jwt=use_jwt, settings=settings) as running:
        headers = {
            **running.api.headers,
            "Authorization": running.admin(),
            "Content-Type": "application/json",
        }

        def send(path: str, body: bytes | None = None) -> int:
            return answer(Request(running.api.url + path, body, headers))[0]

        for path in (ME, USERS, "/api/health/live/"):
            # One that connects, so that no other has to.
            send(path)
        requests = ((ME, None, 200), (USERS, None, 200), (CHANGE, b"{}", 400))
        for path, body, status in requests:
            before = redis_commands(running)
            assert send(path, body) == status
            spent = redis_commands(running) - before
            # The script, and what it calls: round trips are what the client sends.
            assert spent.pop("eval") == 1
            assert set(spent) <= {"incr", "pttl", "expire"}
        before = redis_commands(running)
        assert send("/api/health/live/") == 200
        assert redis_commands(running) == before

        with ThreadPoolExecutor(40) as clients:
            assert set(clients.map(send, [ME, USERS, "/api/health/"] * 200)) == {200}
        url = running.env["DATABASE_URL"]
        opened = running.project.uv_run("python", "-c", CONNECTIONS, url)
        assert 0 < int(opened.stdout) <= WORKERS * POOL


def test_the_entry_point_imports_no_more_than_it_needs(project: "Project") -> None:
    """A bound with some air: what one more library costs each process shows here."""
    env = {"DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONPATH": os.curdir}
    counted = project.uv_run("python", "-c", MODULES, env=env)
    assert int(counted.stdout) < 1250
