"""Run git commands, and convert their input and output."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

Entry = tuple[str, str]
"""Mode and object name of a file."""

Files = dict[str, Entry]

SETTINGS = (
    *("-c", "user.name=django-arch", "-c", "user.email=django-arch@localhost"),
    *("-c", f"core.hooksPath={os.devnull}", "-c", "commit.gpgSign=false"),
    *("-c", "core.fsmonitor=false", "-c", "core.quotePath=false"),
    *("-c", "core.safecrlf=false", "-c", "core.sparseCheckout=false"),
)


class UpdateError(Exception):
    """The update is not possible; the message says why and what to do."""


class GitError(Exception):
    """A git command failed; the message names the command and the reason."""


def reason(stderr: bytes) -> str:
    """Return the line of a failed command's output that gives the reason."""
    text = stderr.decode(errors="replace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for start in ("fatal", "error", ""):
        if found := [line for line in lines if line.startswith(start)]:
            return found[0].rstrip(".")
    return "no reason given"


def git(
    *command: str | Path,
    stdin: bytes = b"",
    env: Mapping[str, str | Path] | None = None,
    accept: tuple[int, ...] = (0,),
) -> bytes:
    """Return the output of a git command, which runs without a terminal.

    Args:
        command: The arguments.
        stdin: The input.
        env: Variables to set, for example for another index.
        accept: Exit codes that are not failures.

    Raises:
        GitError: If git fails.
    """
    result = subprocess.run(
        ["git", *SETTINGS, *command],
        input=stdin,
        capture_output=True,
        check=False,
        env={
            **os.environ,
            "LC_ALL": "C",
            **{k: str(v) for k, v in (env or {}).items()},
        },
    )
    if result.returncode not in accept:
        parts = iter(str(part) for part in command)
        for name in parts:
            if name in {"-C", "-c"}:
                next(parts)
            elif not name.startswith("-"):
                break
        raise GitError(f"git {name} failed: {reason(result.stderr)}.")
    return result.stdout


def word(output: bytes) -> str:
    """Return git's output of one line as text."""
    return os.fsdecode(output).strip()


def words(output: bytes) -> list[str]:
    """Return the parts of git's output with `-z`."""
    return [os.fsdecode(part) for part in output.split(b"\0") if part]


def lines(paths: Iterable[str]) -> bytes:
    """Return paths as git's input with `-z`."""
    return b"".join(os.fsencode(path) + b"\0" for path in paths)
