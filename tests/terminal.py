"""A terminal with somebody at it who answers every question with the Enter key."""

import os
import pty
import select
import subprocess
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from os import PathLike
    from pathlib import Path


def press_enter(
    *command: "str | PathLike[str]",
    cwd: "Path",
    env: dict[str, str],
    seconds: float = 60,
) -> tuple[int, str]:
    """Run a program in a terminal; return its exit code and what was on the screen."""
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, "PROMPT_TOOLKIT_NO_CPR": "1", "TERM": "xterm", **env},
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    )
    os.close(terminal)
    screen = b""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if select.select([controller], [], [], 0.3)[0]:
            try:
                screen += os.read(controller, 65536)
            except OSError:
                break
        elif process.poll() is None:
            os.write(controller, b"\r")
    else:
        process.kill()
    os.close(controller)
    return process.wait(), screen.decode(errors="replace")
