"""The Compose project of a render with every option, as in production, and its clients."""

import re
import secrets
from contextlib import contextmanager
from dataclasses import replace
from ssl import create_default_context
from typing import TYPE_CHECKING, Final

from benchmarks.services import INSIDE
from tests.engine import PASSWORD, Stack, docker
from tests.options import everything
from tests.project import Project, copier, export_source
from tests.server import free_port
from tests.test_celery import Mails

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Enough for the default limits per user.
USERS: Final = 10


@contextmanager
def started(scratch: "Path") -> "Iterator[Stack]":
    """Render, build and start the Compose project; remove it when the block ends."""
    name = f"floods-{secrets.token_hex(3)}"
    project = Project(scratch / name)
    answers = (f"--data={option}=true" for option in everything())
    source = export_source(scratch / "source")
    slug = f"--data=project_slug={name}"
    copier(
        *("copy", "--trust", "--defaults", "--quiet", slug, *answers),
        *(source, project.path),
    )
    options = frozenset(everything())
    stack = Stack(project, name, free_port(), free_port(), options, Mails())
    stack.configure(
        {
            "HTTP_PORT": stack.http,
            "HTTPS_PORT": stack.https,
            "JWT_ACCESS_MINUTES": 1440,
            "EMAIL_URL": "smtp://127.0.0.1:1",
            "EMAIL_FROM": "noreply@example.com",
        }
    )
    try:
        stack.up("--build")
        certificate = stack.exec("nginx", "cat", "/etc/nginx/tls/tls.crt")
        yield replace(stack, tls=create_default_context(cadata=certificate))
    finally:
        stack.compose("down", "--volumes", "--timeout", "5", check=False)
        docker("rmi", name, f"{name}-nginx", check=False)


def accounts(stack: Stack) -> list[str]:
    """Open accounts of admins, who may read the list; return their tokens."""
    tokens = []
    for user in range(USERS):
        stack.forget_throttles()
        tokens.append(stack.register(f"user-{user}", PASSWORD))
    stack.query("UPDATE users_user SET role = 'admin'")
    return tokens


def client(stack: Stack, script: str, *arguments: str, share: int) -> list[str]:
    """Return the command for a client in the network of nginx."""
    image = re.search(r"image: (python:\S+)", stack.project.read("docker-compose.yml"))
    if image is None:
        message = "docker-compose.yml uses no image of Python"
        raise RuntimeError(message)
    return [
        *("docker", "run", "--rm", "--init", f"--network={stack.name}_public"),
        *(f"--cpu-shares={share}", f"--volume={INSIDE}:/inside:ro", image[1]),
        *("python", f"/inside/{script}", *arguments),
    ]
