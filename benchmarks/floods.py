"""Floods by one client: `uv run python -m benchmarks.floods --help`.

The Compose project runs as in production, with every option and the default limits.
One container floods nginx from its own address, with the least share of the CPU,
because real attackers bring their own. Another container measures requests of others.
"""

import argparse
import json
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING, Any, Final

from benchmarks.compose import accounts, client, started
from benchmarks.plan import say
from benchmarks.sites import isolate
from benchmarks.tables import number, ratios, spread, table
from tests.engine import docker, problem
from tests.project import run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.engine import Stack

KINDS: Final = (
    *("health", "login", "register", "WebSocket connects", "WebSocket messages"),
    *("slow bodies", "slow headers", "bad tokens", "query fields"),
)
SERVICES: Final = ("app", "nginx")
MIB: Final = 1024**2
UNITS: Final = {"B": 1 / MIB, "KiB": 1 / 1024, "MiB": 1, "GiB": 1024}
# After a flood, until what it left behind is done.
REST_SECONDS: Final = 5
UNAVAILABLE: Final = 2


def others(stack: "Stack", seconds: int, tokens: list[str]) -> dict[str, Any]:
    """Measure requests and messages for a while."""
    command = client(stack, "others.py", str(seconds), *tokens, share=4096)
    measured: dict[str, Any] = json.loads(run(*command).stdout)
    times = [1000 * time for _, time in measured["responses"]]
    cuts = quantiles(times, n=100)
    statuses = Counter(status for status, _ in measured["responses"])
    arrived = [1000 * time for time in measured["messages"] if time is not None]
    return {
        "p50": cuts[49],
        "p99": cuts[98],
        "succeeded": 100 * statuses[str(HTTPStatus.OK.value)] / statuses.total(),
        "failures": {k: v for k, v in statuses.items() if k != "200"},
        "messages": 100 * len(arrived) / len(measured["messages"]),
        "slowest message": max(arrived, default=float("inf")),
    }


def memory(output: str) -> float:
    """Return the greatest of the sizes that `docker stats` has printed, in MiB."""
    sizes = re.findall(r"([\d.]+)(B|KiB|MiB|GiB) /", output)
    return max(float(size) * UNITS[unit] for size, unit in sizes)


def measure(
    stack: "Stack", kind: str, tokens: list[str], quiet: int, seconds: int
) -> dict[str, Any]:
    """Measure the others without and with a flood, and what the flood costs."""
    time.sleep(REST_SECONDS)
    stack.forget_throttles()
    before = others(stack, quiet, tokens[:-1])
    since = datetime.now(UTC).isoformat()
    containers = {service: stack.containers(service)[0] for service in SERVICES}
    stats = ("docker", "stats", "--format", "{{.MemUsage}}")
    watching = {
        service: subprocess.Popen((*stats, container), stdout=subprocess.PIPE)
        for service, container in containers.items()
    }
    # Longer than the others, who start later.
    command = client(stack, "flood.py", kind, str(seconds + 3), tokens[-1], share=2)
    flood = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        during = others(stack, seconds, tokens[:-1])
        output, _ = flood.communicate(timeout=60)
    finally:
        flood.terminate()
        for process in watching.values():
            process.kill()
    sizes = {
        service: memory(process.communicate()[0].decode())
        for service, process in watching.items()
    }
    logs = {}
    for service, container in containers.items():
        printed = docker("logs", "--since", since, container)
        logs[service] = len(printed.stdout + printed.stderr) / MIB
    return {
        "quiet": before,
        "flood": during,
        "memory": sizes,
        "logs": logs,
        "got": json.loads(output),
    }


def row(kind: str, rounds: list[dict[str, Any]]) -> list[str]:
    """Write what was measured for a kind of flood."""
    quiet, flood = ([one[phase] for one in rounds] for phase in ("quiet", "flood"))

    def each(found: list[dict[str, Any]], what: str) -> list[float]:
        return [one[what] for one in found]

    got: Counter[str] = Counter()
    for one in rounds:
        got.update(one["got"])
    failures = sum((Counter(one["failures"]) for one in flood), Counter[str]())
    return [
        kind,
        f"{number(min(each(flood, 'succeeded')))} {dict(failures) or ''}",
        spread(each(quiet, "p50")),
        spread(each(flood, "p50")),
        spread(each(quiet, "p99")),
        spread(each(flood, "p99")),
        spread(ratios(each(flood, "p99"), each(quiet, "p99"))),
        number(min(each(flood, "messages"))),
        number(max(each(flood, "slowest message"))),
        *(
            number(max(one["memory"][service] for one in rounds))
            for service in SERVICES
        ),
        *(number(max(one["logs"][service] for one in rounds)) for service in SERVICES),
        ", ".join(f"{what}: {count:,}" for what, count in got.most_common()),
    ]


HEAD: Final = (
    *("flood", "success, %", "p50 quiet, ms", "p50", "p99 quiet, ms", "p99"),
    *("ratio of p99", "messages, %", "slowest message, ms"),
    *("app, MiB", "nginx, MiB", "app's log, MiB", "nginx's log, MiB", "the flood got"),
)


def main(arguments: "Sequence[str] | None" = None) -> int:
    """Measure the kinds and print a table.

    Args:
        arguments: Of the command line.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.floods",
        description="Measure requests of others while one client floods the service.",
        epilog="Needs Docker with Compose; nothing is reached from other machines.",
    )
    parser.add_argument(
        "kinds", nargs="*", metavar="KIND", help=f"of {', '.join(KINDS)} (default: all)"
    )
    parser.add_argument("--seconds", type=int, default=30, help="of a flood (30)")
    parser.add_argument("--quiet", type=int, default=10, help="seconds before it (10)")
    parser.add_argument("--rounds", type=int, default=1, help="how often (1)")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.kinds) - set(KINDS):
        parser.error(f"unknown kind: {', '.join(sorted(unknown))}")
    if reason := problem():
        print(f"Docker is needed: {reason}", file=sys.stderr)
        return UNAVAILABLE
    # A signal to end also ends the containers.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    kinds = asked.kinds or KINDS
    found: dict[str, list[dict[str, Any]]] = {kind: [] for kind in kinds}
    with tempfile.TemporaryDirectory(prefix="django-arch-floods-") as scratch:
        isolate(Path(scratch))
        say("building and starting the project")
        with started(Path(scratch)) as stack:
            tokens = accounts(stack)
            for turn in range(asked.rounds):
                for kind in kinds:
                    say(f"round {turn + 1} of {asked.rounds}: {kind}")
                    one = measure(stack, kind, tokens, asked.quiet, asked.seconds)
                    say(json.dumps(one))
                    found[kind].append(one)
    print(table(HEAD, (row(kind, rounds) for kind, rounds in found.items())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
