"""Requests by wrk, and their CPU time on the server."""

import json
import os
import secrets
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from benchmarks.servers import Server

SCRIPT: Final = Path(__file__).resolve().parent / "wrk.lua"
WARM_UP_SECONDS: Final = 1
# Few requests need more time for a 99th percentile.
PACED_FACTOR: Final = 3


class WrongAnswersError(Exception):
    """A server gave a wrong answer, so the measurement is invalid."""


@dataclass(frozen=True)
class Endpoint:
    """What is requested.

    Attributes:
        path: The URL's path.
        status: The answer's status.
        credential: How the caller authenticates.
        registers: Whether each request opens an account.
        slowness: Factor for the time of the measurement, where few requests are answered.
        most: The most connections that it is measured with.
    """

    path: str
    status: int = 200
    credential: str = ""
    registers: bool = False
    slowness: int = 1
    most: int = 1024


@dataclass(frozen=True)
class Load:
    """How it is requested.

    Attributes:
        connections: How many at the same time.
        seconds: For how long; wrk knows whole ones only.
        reuse: Whether a connection carries more than one request.
        per_second: How many requests altogether, a little less the slower the answers;
            0 for as many as are answered.
    """

    connections: int
    seconds: int
    reuse: bool = True
    per_second: float = 0


@dataclass(frozen=True)
class Sample:
    """What came of it."""

    requests_per_second: float
    p50_ms: float
    p99_ms: float
    cpu_us: float


ENDPOINTS: Final = {
    "live": Endpoint("/api/health/live/"),
    "health": Endpoint("/api/health/"),
    "me": Endpoint("/api/v1/auth/me/", credential="token"),
    "me-session": Endpoint("/api/v1/auth/me/", credential="session"),
    "users": Endpoint("/api/v1/users/", credential="token"),
    "register": Endpoint(
        "/api/v1/auth/register/", status=201, registers=True, slowness=3, most=8
    ),
}


def measure(server: "Server", endpoint: Endpoint, load: Load) -> dict[str, float]:
    """Request an endpoint for a while.

    A warm-up comes first, in which each answer is looked at.

    Args:
        server: Whose.
        endpoint: What.
        load: How.

    Raises:
        WrongAnswersError: If a request failed or was answered with another status.

    Returns:
        The fields of a `Sample`.
    """
    warm_up = Load(load.connections, WARM_UP_SECONDS, load.reuse)
    wrk(server, endpoint, warm_up, expect=endpoint.status)
    server.rest()
    before = server.cpu_seconds()
    outcome = wrk(server, endpoint, load)
    # Immediately, so that unfinished requests count as little as possible.
    cpu = server.cpu_seconds() - before
    server.rest()
    sample = Sample(
        round(outcome["requests"] / outcome["seconds"], 2),
        outcome["p50_ms"],
        outcome["p99_ms"],
        round(1e6 * cpu / outcome["requests"], 1),
    )
    return asdict(sample)


def wrk(
    server: "Server", endpoint: Endpoint, load: Load, expect: int = 0
) -> dict[str, Any]:
    """Run wrk and check its output."""
    headers = ["X-Forwarded-Proto: https"]
    if endpoint.credential:
        headers.append(server.site.credentials[endpoint.credential])
    if not load.reuse:
        headers.append("Connection: close")
    seconds = load.seconds * endpoint.slowness
    env = {**os.environ}
    if load.per_second:
        seconds *= PACED_FACTOR
        env["BENCHMARK_PAUSE"] = str(1000 * load.connections / load.per_second)
    if expect:
        env["BENCHMARK_EXPECT"] = str(expect)
    if endpoint.registers:
        env["BENCHMARK_EMAIL"] = secrets.token_hex(6)
        env["BENCHMARK_PASSWORD"] = secrets.token_urlsafe(16)
    command = [
        *("wrk", "--threads", "1", "--connections", str(load.connections)),
        *("--duration", f"{seconds}s", "--timeout", "60s"),
        *("--script", str(SCRIPT)),
        *(word for header in headers for word in ("--header", header)),
        server.url + endpoint.path,
    ]
    result = subprocess.run(
        command,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=seconds + 120,
    )
    lines = [line for line in result.stdout.splitlines() if line.startswith("{")]
    if not lines:
        message = f"wrk: {(result.stderr or result.stdout).strip()}"
        raise WrongAnswersError(message)
    outcome: dict[str, Any] = json.loads(lines[-1])
    # A warm-up may be too short for a slow answer.
    answered = outcome["requests"] or expect
    if outcome["failed"] or outcome["refused"] or not answered:
        message = (
            f"{endpoint.path} at {server.site.folder.name}, {load}: of "
            f"{outcome['requests']} requests {outcome['failed']} failed and "
            f"{outcome['refused']} had another status than {endpoint.status}"
        )
        raise WrongAnswersError(message)
    return outcome
