"""One running stack of the default project for each worker, used by one test at a time."""

import os
import re
import secrets
import ssl
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

from tests.engine import PASSWORD, Stack, docker, problem
from tests.project import Project, copier
from tests.server import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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


@pytest.fixture(scope="session")
def stack(
    source: "Path",
    turn: FileLock,
    tmp_path_factory: pytest.TempPathFactory,
) -> "Iterator[Stack]":
    """Return this worker's default project, started as its documentation says.

    The settings changed are its ports, and what would hide or end the tests' own load.
    """
    name = f"stack-{secrets.token_hex(4)}"
    project = Project(tmp_path_factory.mktemp("containers") / name)
    copier(
        *("copy", "--trust", "--defaults", "-d", f"project_slug={name}"),
        *(source, project.path),
    )
    ports = {"HTTP_PORT": free_port(), "HTTPS_PORT": free_port()}
    env = project.path / ".env"
    values = {
        **ports,
        "API_DOCS": "public",
        "LOG_LEVEL": "INFO",
        "THROTTLE_ANON": "100000/hour",
        "THROTTLE_USER": "100000/hour",
    }
    text = env.read_text()
    for key, value in values.items():
        text = re.sub(rf"^{key}=.*$", f"{key}={value}", text, flags=re.MULTILINE)
    env.write_text(f"{text}WEB_CONCURRENCY=2\n")
    stack = Stack(project, name, ports["HTTP_PORT"], ports["HTTPS_PORT"])
    try:
        with turn:
            stack.up("--build")
        certificate = stack.exec("nginx", "cat", "/etc/nginx/tls/tls.crt")
        yield replace(stack, tls=ssl.create_default_context(cadata=certificate))
    finally:
        with turn:
            stack.compose("--profile", "manage", "down", "--volumes", "--timeout", "5")
            docker("rmi", name, f"{name}-nginx", check=False)


@pytest.fixture
def token(stack: Stack) -> str:
    """Return the token of a new user; not counted against anybody's logins."""
    stack.forget_throttles()
    return stack.register(f"user-{secrets.token_hex(4)}", PASSWORD)
