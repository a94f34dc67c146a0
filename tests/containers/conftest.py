"""A running stack of each render, one after the other, used by one test at a time."""

import os
import secrets
import ssl
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from aiosmtpd.controller import Controller
from filelock import FileLock

from tests.engine import PASSWORD, Stack, check_logs, docker, problem
from tests.options import everything
from tests.project import Project, copier
from tests.server import free_port
from tests.test_celery import Mails

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RENDERS: dict[str, frozenset[str]] = {
    "default": frozenset(),
    "everything": frozenset(everything()),
}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the tests measured, whether they passed or not."""
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, value in report.user_properties:
                test = report.nodeid.rpartition("::")[2]
                terminalreporter.write_line(f"{test}: {name}: {value}")


@pytest.fixture(scope="session")
def turn(tmp_path_factory: pytest.TempPathFactory) -> FileLock:
    """Return the lock that lets one worker at a time use the engine; skip without one."""
    if reason := problem():
        reason = f"needs a Docker engine: {reason}"
        if os.environ.get("DJANGO_ARCH_REQUIRE_SERVICES") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return FileLock(tmp_path_factory.getbasetemp().parent / "engine.lock")


@pytest.fixture(autouse=True)
def _one_at_a_time(request: pytest.FixtureRequest) -> "Iterator[None]":
    """Let no test disturb the times and the faults of another."""
    if "stack" not in request.fixturenames:
        yield
        return
    lock: FileLock = request.getfixturevalue("turn")
    with lock:
        yield


@contextmanager
def mail_server(mails: Mails) -> "Iterator[str]":
    """Receive mail from containers, and only from these; return the server's URL."""
    gateway = "{{(index .IPAM.Config 0).Gateway}}"
    host = docker("network", "inspect", "bridge", "--format", gateway).stdout.strip()
    controller = Controller(mails, hostname=host, port=free_port())
    controller.start()
    try:
        yield f"smtp://{host}:{controller.port}"
    finally:
        controller.stop()


@contextmanager
def started(
    stack: Stack, turn: FileLock, values: "dict[str, object]"
) -> "Iterator[Stack]":
    """Start the stack as its documentation says, and stop it."""
    stack.configure(values)
    with (stack.project.path / ".env").open("a") as env:
        env.write("WEB_CONCURRENCY=2\n")
    try:
        with turn:
            stack.up("--build")
        certificate = stack.exec("nginx", "cat", "/etc/nginx/tls/tls.crt")
        yield replace(stack, tls=ssl.create_default_context(cadata=certificate))
        check_logs(stack)
    finally:
        with turn:
            stack.compose("--profile", "manage", "down", "--volumes", "--timeout", "5")
            docker("rmi", stack.name, f"{stack.name}-nginx", check=False)


@pytest.fixture(scope="session", params=RENDERS)
def stack(
    request: pytest.FixtureRequest,
    source: "Path",
    turn: FileLock,
    tmp_path_factory: pytest.TempPathFactory,
) -> "Iterator[Stack]":
    """Return this worker's project of one render, running.

    The settings changed are its ports, its mail server, and what would hide or end the
    tests' own load.
    """
    name = f"stack-{secrets.token_hex(4)}"
    options = RENDERS[request.param]
    project = Project(tmp_path_factory.mktemp("containers") / name)
    answers = (f"--data={option}=true" for option in sorted(options))
    copier(
        *("copy", "--trust", "--defaults", f"--data=project_slug={name}", *answers),
        *(source, project.path),
    )
    mails = Mails()
    stack = Stack(project, name, free_port(), free_port(), options, mails)
    with mail_server(mails) as url:
        values = {
            "HTTP_PORT": stack.http,
            "HTTPS_PORT": stack.https,
            "API_DOCS": "public",
            "LOG_LEVEL": "INFO",
            "THROTTLE_ANON": "100000/hour",
            "THROTTLE_USER": "100000/hour",
            "EMAIL_URL": url,
            "EMAIL_FROM": "noreply@example.com",
        }
        with started(stack, turn, values) as running:
            yield running


@pytest.fixture
def token(stack: Stack) -> str:
    """Return the token of a new user; not counted against anybody's logins."""
    stack.forget_throttles()
    return stack.register(f"user-{secrets.token_hex(4)}", PASSWORD)
