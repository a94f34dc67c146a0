"""Tasks per second through one Celery worker."""

import time
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from benchmarks.plan import say
from benchmarks.services import command
from tests.processes import Program, running
from tests.project import run as execute

if TYPE_CHECKING:
    from benchmarks.plan import Plan
    from benchmarks.sites import Site

COUNT: Final = 2000
QUICK: Final = 200
SECONDS: Final = 120
# One query that deletes nothing, and a line in the log.
SEND: Final = """
from apps.users.tasks import clean_expired_tokens
for _ in range({count}):
    clean_expired_tokens.delay()
"""


def run(plan: "Plan", site: "Site") -> dict[str, Any]:
    """Queue tasks, then let a worker with two processes empty the queue.

    Args:
        plan: How much.
        site: A project with Celery.

    Raises:
        RuntimeError: If the queue does not become empty.

    Returns:
        How many tasks, and their rate.
    """
    count = QUICK if plan.quick else COUNT
    say(f"growth: {count} tasks")
    url = site.env["REDIS_URL"]
    broker = int(urlsplit(url).path.strip("/")) + 1
    # Registrations may have left mails in it.
    command(url, broker, "FLUSHDB")
    program = Program(
        [
            *(str(site.programs / "celery"), "--quiet", "--app", "config", "worker"),
            *("--concurrency", "2"),
        ],
        plan.scratch / "celery.log",
        site.folder,
        site.env,
    )
    send = SEND.format(count=count)
    execute(
        *(site.python, "manage.py", "shell", "--verbosity", "0", "--command", send),
        cwd=site.folder,
        env=site.env,
    )
    with running(program):
        while command(url, broker, "LLEN", "celery") == count:
            wait(program, "the worker takes no task")
        taken = command(url, broker, "LLEN", "celery")
        started = time.perf_counter()
        while left(url, broker):
            wait(program, "the queue does not become empty", started)
        seconds = time.perf_counter() - started
    return {"count": count, "per_second": round(taken / seconds, 1)}


def left(url: str, broker: int) -> int:
    """Return how many tasks are waiting or running."""
    waiting = command(url, broker, "LLEN", "celery")
    return waiting + command(url, broker, "HLEN", "unacked")


def wait(program: Program, what: str, since: float | None = None) -> None:
    """Wait a moment, up to a limit."""
    late = since is not None and time.perf_counter() - since > SECONDS
    if late or program.has_ended():
        message = f"Celery: {what}\n{program.everything()}"
        raise RuntimeError(message)
    time.sleep(0.01)
