"""Prepare a new project: repository, .env and uv.lock.

Copier runs this in the new project's folder. A step that fails prints one line that says
what to do by hand. The exit code is always 0, because Copier deletes the whole project if
a task fails.
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
        "REDIS_PASSWORD": secrets.token_urlsafe(32),
    }


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a command without a terminal and capture its output."""
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


def reason(result: subprocess.CompletedProcess[str]) -> str:
    """Return the line of a failed command's output that gives the reason."""
    lines = [line.strip() for line in result.stderr.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(("fatal", "error"))]
    return (errors or lines or ["no reason given"])[0].rstrip(".")


def make_repository() -> str:
    """Create a git repository unless the project is already in one; return a message."""
    if shutil.which("git") is None:
        return "git is not installed, and updates need it: install it, then run `git init`."
    if run("git", "rev-parse", "--is-inside-work-tree").returncode == 0:
        return ""
    result = run("git", "init", "--quiet", "--initial-branch=main")
    if result.returncode:
        return f"No git repository was created ({reason(result)}): run `git init`."
    return "A git repository was created: commit the project before you change it."


def make_env() -> str:
    """Create .env with random secrets unless it exists; return a message."""
    example, target = Path(".env.example"), Path(".env")
    if target.exists() or not example.exists():
        return ""
    text = example.read_text(encoding="utf-8")
    for name, value in fresh_secrets().items():
        text = re.sub(rf"^{name}=$", f"{name}={value}", text, flags=re.MULTILINE)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
    return ".env was created with random secrets; git ignores it."


def lock() -> str:
    """Write uv.lock, from uv's cache if there is no network; return a message."""
    if shutil.which("uv") is None:
        return "uv is not installed (https://docs.astral.sh/uv/): install it, then run `uv lock`."
    result = run("uv", "lock")
    if result.returncode and run("uv", "lock", "--offline").returncode:
        return f"uv.lock was not written ({reason(result)}): run `uv lock`."
    return "uv.lock was written: commit it."


def main() -> None:
    """Run each step, even if an earlier one failed."""
    for step in (make_repository, make_env, lock):
        try:
            message = step()
        except OSError as error:
            message = f"A step failed ({step.__name__}): {error}"
        if message:
            print(f"   {message}", file=sys.stderr)
