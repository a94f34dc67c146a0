"""Prepare a new project: repository, .env and uv.lock.

Copier runs this in the new project's folder. A step that cannot run says in one line
what to do by hand; the exit code is always 0, because Copier deletes the whole project
when a task fails.
"""

from __future__ import annotations

import base64
import os
import re
import secrets
import shutil
import subprocess
import sys
from pathlib import Path


def fresh_secrets() -> dict[str, str]:
    """Return a new value for every secret of .env."""
    return {
        "SECRET_KEY": secrets.token_urlsafe(64),
        "JWT_SIGNING_KEY": secrets.token_urlsafe(64),
        "FIELD_ENCRYPTION_KEYS": base64.urlsafe_b64encode(os.urandom(32)).decode(),
        "POSTGRES_PASSWORD": secrets.token_urlsafe(32),
    }


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a command without a terminal and keep what it says."""
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


def reason(result: subprocess.CompletedProcess[str]) -> str:
    """Return the line in which a failed command says why."""
    lines = [line.strip() for line in result.stderr.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(("fatal", "error"))]
    return (errors or lines or ["no reason given"])[0].rstrip(".")


def make_repository() -> str:
    """Create a git repository unless the project is in one."""
    if shutil.which("git") is None:
        return "git is not installed, and updates need it: install it, then run `git init`."
    if run("git", "rev-parse", "--is-inside-work-tree").returncode == 0:
        return ""
    result = run("git", "init", "--quiet", "--initial-branch=main")
    if result.returncode:
        return f"No git repository was made ({reason(result)}): run `git init`."
    return "A git repository was made: commit the project before you change it."


def make_env() -> str:
    """Create .env with secrets of its own unless there is one."""
    example, target = Path(".env.example"), Path(".env")
    if target.exists() or not example.exists():
        return ""
    text = example.read_text(encoding="utf-8")
    for name, value in fresh_secrets().items():
        text = re.sub(rf"^{name}=$", f"{name}={value}", text, flags=re.MULTILINE)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
    return ".env was made with secrets of its own; git ignores it."


def lock() -> str:
    """Write uv.lock, from uv's cache if the network is away."""
    if shutil.which("uv") is None:
        return "uv is not installed (https://docs.astral.sh/uv/): install it, then run `uv lock`."
    result = run("uv", "lock")
    if result.returncode and run("uv", "lock", "--offline").returncode:
        return f"uv.lock was not made ({reason(result)}): run `uv lock`."
    return "uv.lock was made: commit it."


def main() -> None:
    """Take each step, whatever became of the one before."""
    for step in (make_repository, make_env, lock):
        try:
            message = step()
        except OSError as error:
            message = f"A step was left out ({step.__name__}): {error}"
        if message:
            print(f"   {message}", file=sys.stderr)
