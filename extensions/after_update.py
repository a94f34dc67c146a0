"""Finish an update: report conflicts, or bring uv.lock up to date.

Copier runs this once, in the project's folder, after the merge. The exit code is always 0.
"""

from __future__ import annotations

import shutil
import subprocess
import sys


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a command without a terminal and keep what it says."""
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


def reason(result: subprocess.CompletedProcess[str]) -> str:
    """Return the first and the last line in which a failed command says why."""
    lines = [line.strip() for line in result.stderr.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(("error", "fatal"))]
    return "; ".join(dict.fromkeys(errors[:1] + lines[-1:])) or "no reason given"


def conflicted() -> list[str]:
    """Return the files that hold conflict markers."""
    result = run("git", "diff", "--name-only", "--diff-filter=U", "--relative", "-z")
    return sorted({path for path in result.stdout.split("\0") if path})


def lock() -> str:
    """Bring uv.lock up to date, from uv's cache if the network is away."""
    if shutil.which("uv") is None:
        return "uv is not installed (https://docs.astral.sh/uv/): install it, then run `uv lock`."
    result = run("uv", "lock")
    if result.returncode and run("uv", "lock", "--offline").returncode:
        return f"uv.lock was not brought up to date ({reason(result)}): run `uv lock`."
    return "uv.lock is up to date."


def report() -> list[str]:
    """Return what the user has to know, one line each."""
    conflicts = conflicted()
    if not conflicts:
        return [lock(), "Look at `git diff`, run the tests, then commit."]
    return [
        f"{len(conflicts)} file(s) in conflict; solve the marked lines, then `git add` them:",
        *(f"  {path}" for path in conflicts),
        "Then run `uv lock` and the tests, and commit.",
    ]


def main() -> None:
    """Print the report."""
    try:
        lines = report()
    except OSError as error:
        lines = [f"The update's last step was left out: {error}"]
    for line in lines:
        print(f"   {line}", file=sys.stderr)


if __name__ == "__main__":
    main()
