"""The PostgreSQL and Redis servers for the measurements."""

import secrets
import shutil
import socket
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from tests.project import run

if TYPE_CHECKING:
    from collections.abc import Iterator

INSIDE: Final = Path(__file__).resolve().parent / "inside"
REDIS_DATABASES: Final = 16
# One for the default project; for the other one cache, broker and channel layer.
NEEDED: Final = 4
MARK: Final = "django-arch-benchmark"


class UnavailableError(Exception):
    """A requirement of the measurement is missing; the message names it in one line."""


@dataclass(frozen=True)
class Services:
    """Where they listen.

    Attributes:
        database_url: A database on a server on which databases may be created.
        redis_url: Any database of a server; those that are empty are used.
    """

    database_url: str
    redis_url: str

    def check(self) -> None:
        """Find out early whether everything is there.

        Raises:
            UnavailableError: If something is not.
        """
        for name, option, url, port in (
            ("PostgreSQL", "--database-url", self.database_url, 5432),
            ("Redis", "--redis-url", self.redis_url, 6379),
        ):
            if not url:
                message = f"{name} is needed: name it with {option}"
                raise UnavailableError(message)
            parts = urlsplit(url)
            address = (parts.hostname or "127.0.0.1", parts.port or port)
            try:
                socket.create_connection(address, timeout=5).close()
            except OSError as error:
                where = f"{address[0]}:{address[1]}"
                message = f"{name} does not answer at {where}: {error}"
                raise UnavailableError(message) from None
        if shutil.which("wrk") is None:
            message = "wrk is missing: apt-get install wrk"
            raise UnavailableError(message)

    @contextmanager
    def database(self, python: Path) -> "Iterator[str]":
        """Create a database that is dropped afterwards.

        Args:
            python: An interpreter that has psycopg.

        Yields:
            Its URL.

        Raises:
            UnavailableError: If none can be created.
        """
        name = f"benchmark_{secrets.token_hex(4)}"
        script = INSIDE / "database.py"
        created = run(python, script, "create", self.database_url, name, check=False)
        if created.returncode:
            message = f"No database was created: {created.stderr.splitlines()[-1]}"
            raise UnavailableError(message)
        try:
            yield urlsplit(self.database_url)._replace(path=f"/{name}").geturl()
        finally:
            run(python, script, "drop", self.database_url, name, check=False)

    @contextmanager
    def caches(self) -> "Iterator[list[str]]":
        """Take Redis databases that are empty and leave them so.

        Yields:
            Their URLs, consecutive in number.

        Raises:
            UnavailableError: If too few are empty.
        """
        parts = urlsplit(self.redis_url)
        sizes = [
            command(self.redis_url, number, "DBSIZE")
            for number in range(REDIS_DATABASES)
        ]
        for first in range(REDIS_DATABASES - NEEDED, -1, -1):
            if sizes[first : first + NEEDED] == [0] * NEEDED:
                break
        else:
            message = f"Redis needs {NEEDED} empty databases in a row"
            raise UnavailableError(message)
        numbers = range(first, first + NEEDED)
        for number in numbers:
            # Another run at the same time sees that it is in use.
            command(self.redis_url, number, "SET", MARK, "1")
        try:
            yield [parts._replace(path=f"/{number}").geturl() for number in numbers]
        finally:
            for number in numbers:
                command(self.redis_url, number, "FLUSHDB")


def command(url: str, number: int, *words: str) -> int:
    """Send a command to Redis.

    Args:
        url: The server.
        number: The database.
        words: The command.

    Raises:
        UnavailableError: If Redis answers with an error.

    Returns:
        The number it answers with, or 0 where it answers with another thing.
    """
    parts = urlsplit(url)
    commands = [("SELECT", str(number)), words]
    if parts.password:
        commands.insert(0, ("AUTH", parts.username or "default", parts.password))
    address = (parts.hostname or "127.0.0.1", parts.port or 6379)
    with socket.create_connection(address, timeout=5) as client:
        answers = client.makefile("rb")
        for each in commands:
            client.sendall((" ".join(each) + "\r\n").encode())
            answer = answers.readline().decode().strip()
            if answer.startswith("-"):
                message = f"Redis rejected {each[0]}: {answer[1:]}"
                raise UnavailableError(message)
    return int(answer[1:]) if answer.startswith(":") else 0


def version(*words: str) -> str:
    """Return the first line of what a program says about its version."""
    result = subprocess.run(words, capture_output=True, text=True, check=False)
    return (result.stdout or result.stderr).partition("\n")[0]
