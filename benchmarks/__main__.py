"""The command line."""

import argparse
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks import copying, growth, price, report, requests, startup
from benchmarks.load import ENDPOINTS, WrongAnswersError
from benchmarks.plan import Plan, say
from benchmarks.services import Services, UnavailableError
from benchmarks.sites import isolate, prepared

if TYPE_CHECKING:
    from collections.abc import Sequence

SUBJECTS: Final = {
    "requests": "requests/s, latency and CPU per request against bare Django and DRF",
    "price": "CPU per request of each thing the product adds",
    "start": "cold start, memory and imports",
    "copy": "copier copy and copier update, step by step",
    "growth": "10² to 10⁶ users, 1 to 4 workers, 10 to 1,000 WebSockets, tasks/s",
}
UNAVAILABLE: Final = 2
WRONG: Final = 1


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command."""
    made = argparse.ArgumentParser(
        prog="benchmarks/run.py",
        description="Measure renders of the template on this machine's loopback.",
        epilog="\n".join(f"{name:9} {text}" for name, text in SUBJECTS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument(
        "subjects",
        nargs="*",
        metavar="SUBJECT",
        help="what to measure, see below; requests brings price along (default: all)",
    )
    made.add_argument("--quick", action="store_true", help="try that everything works")
    made.add_argument("--rounds", type=int, help="how often (default: 5)")
    made.add_argument(
        "--duration", type=int, help="seconds of each measurement (default: 4)"
    )
    made.add_argument(
        "--connections", type=numbers, help="of requests (default: 8,32,128)"
    )
    made.add_argument(
        "--endpoints",
        type=names,
        default=tuple(ENDPOINTS),
        help=f"of requests (default: {','.join(ENDPOINTS)})",
    )
    made.add_argument(
        "--database-url",
        default=os.environ.get("DJANGO_ARCH_TEST_DATABASE_URL", ""),
        help="a PostgreSQL that lets create databases "
        "(default: $DJANGO_ARCH_TEST_DATABASE_URL)",
    )
    made.add_argument(
        "--redis-url",
        default=os.environ.get("DJANGO_ARCH_TEST_REDIS_URL", ""),
        help="a Redis with four empty databases in a row "
        "(default: $DJANGO_ARCH_TEST_REDIS_URL)",
    )
    made.add_argument(
        "--results",
        type=Path,
        default=Path(__file__).resolve().parent / "results",
        help="a folder (default: benchmarks/results)",
    )
    return made


def numbers(text: str) -> tuple[int, ...]:
    """Read comma-separated numbers."""
    return tuple(int(part) for part in text.split(","))


def names(text: str) -> tuple[str, ...]:
    """Read comma-separated endpoints."""
    found = tuple(text.split(","))
    if unknown := set(found) - set(ENDPOINTS):
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(unknown)}")
    return found


def main(arguments: "Sequence[str] | None" = None) -> int:
    """Measure what is asked for.

    Args:
        arguments: Of the command line.

    Returns:
        The exit code.
    """
    made = parser()
    asked = made.parse_args(arguments)
    subjects = set(asked.subjects or ["all"])
    if unknown := subjects - {*SUBJECTS, "all"}:
        made.error(f"unknown subject: {', '.join(sorted(unknown))}")
    if "all" in subjects:
        subjects = set(SUBJECTS)
    if "requests" in subjects:
        subjects.add("price")
    # A signal to end also ends the programs that were started.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="django-arch-benchmark-") as scratch:
        plan = Plan(
            Services(asked.database_url, asked.redis_url),
            Path(scratch),
            asked.rounds or (1 if asked.quick else 5),
            asked.duration or (1 if asked.quick else 4),
            asked.connections or ((8,) if asked.quick else (8, 32, 128)),
            asked.endpoints,
            asked.quick,
        )
        try:
            wrong = measure(plan, subjects, asked.results)
        except UnavailableError as error:
            print(error, file=sys.stderr)
            return UNAVAILABLE
        except WrongAnswersError as error:
            print(error, file=sys.stderr)
            return WRONG
        except KeyboardInterrupt:
            print("Interrupted", file=sys.stderr)
            return 128 + signal.SIGINT
    if wrong:
        print(f"{wrong} measurements met wrong answers", file=sys.stderr)
    return WRONG if wrong else 0


def measure(plan: Plan, subjects: set[str], results: Path) -> int:
    """Measure, write results after each subject, and count wrong answers."""
    wrong = 0
    isolate(plan.scratch)
    if subjects - {"copy"}:
        plan.services.check()
        say("rendering and installing the projects")
        with prepared(plan.services, plan.scratch) as sites:
            for subject, run in (
                ("requests", requests.run),
                ("price", price.run),
                ("start", startup.run),
                ("growth", growth.run),
            ):
                if subject in subjects:
                    found = run(plan, sites)
                    wrong += len(found.get("wrong", ()))
                    report.write(results, subject, found, plan)
    if "copy" in subjects:
        report.write(results, "copy", copying.run(plan), plan)
    say(f"results are in {results}")
    return wrong


if __name__ == "__main__":
    sys.exit(main())
