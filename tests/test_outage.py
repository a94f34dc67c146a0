"""Redis goes away under load: slower is fine, broken is not."""

import statistics
import time
from collections import Counter
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING
from urllib.request import Request

import pytest

from tests.deployment import deployed
from tests.server import answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.deployment import Deployment
    from tests.project import Project

CLIENTS = 4
SECONDS = 3
LIMIT = 10

type Answers = list[tuple[int, float]]


@contextmanager
def load(
    running: "Deployment", authorization: str, clients: int = CLIENTS
) -> "Iterator[Answers]":
    """Send requests until the block ends; collect their statuses and durations.

    The status of a request without an answer is 0.
    """
    answers: Answers = []
    over = Event()
    paths = ("/api/v1/auth/me/", "/api/v1/users/?page_size=5")

    def send(number: int) -> None:
        url = running.api.url + paths[number % len(paths)]
        headers = {**running.api.headers, "Authorization": authorization}
        while not over.is_set():
            start = time.monotonic()
            try:
                status, _ = answer(Request(url, headers=headers))
            except OSError:
                status = 0
            answers.append((status, time.monotonic() - start))

    threads = [Thread(target=send, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        over.set()
        for thread in threads:
            thread.join()


def logins(running: "Deployment") -> Counter[int]:
    """Try to log in more often than is allowed; count the statuses."""
    return Counter(
        running.api.call("POST", "/api/v1/auth/login/", {})[0]
        for _attempt in range(LIMIT + 5)
    )


def wait_for_health(running: "Deployment", expected: int) -> float:
    """Return how long it takes until the health check says so."""
    start = time.monotonic()
    while running.api.call("GET", "/api/health/")[0] != expected:
        assert time.monotonic() - start < 10
        time.sleep(0.1)
    return time.monotonic() - start


def phase(answers: Answers) -> Answers:
    """Let the load run for a while; return what was answered in that time."""
    before = len(answers)
    time.sleep(SECONDS)
    return answers[before:]


@pytest.mark.exhaustive
def test_without_redis_requests_are_answered(
    render: "Callable[..., Project]",
    tmp_path: "Path",
    record_property: "Callable[[str, object], None]",
) -> None:
    limits = {"THROTTLE_LOGIN": f"{LIMIT}/minute"}
    with deployed(render, tmp_path, use_jwt=False, settings=limits) as running:
        authorization = running.admin()
        running.redis.kill()
        running.redis.start()
        with load(running, authorization) as answers:
            seen = {"before": phase(answers)}
            assert logins(running) == {400: LIMIT, 429: 5}

            running.redis.kill()
            wait_for_health(running, 503)
            status, health = running.api.call("GET", "/api/health/")
            assert (status, health["db"]) == (503, "ok")
            assert health["cache"].startswith("error: ")
            seen["killed"] = phase(answers)
            # Throttles fail open: an outage of Redis is none of the service.
            assert logins(running) == {400: LIMIT + 5}

            running.redis.start()
            wait_for_health(running, 200)
            seen["restarted"] = phase(answers)
            assert logins(running) == {400: LIMIT, 429: 5}

            running.redis.hold()
            wait_for_health(running, 503)
            start = time.monotonic()
            assert running.api.call("GET", "/api/health/")[0] == 503
            assert time.monotonic() - start < 3
            assert running.api.call("GET", "/api/health/live/")[0] == 200
            seen["hung"] = phase(answers)

            running.redis.release()
            wait_for_health(running, 200)
            seen["released"] = phase(answers)

    for name, part in seen.items():
        assert part, name
        record_property(name, f"{len(part)} answers, {median(part):.3f} s")
    assert {status for status, _ in answers} == {200}
    # It recovered automatically.
    assert "Booting worker" not in running.log.read_text().partition("Exception")[2]


def median(answers: Answers) -> float:
    return statistics.median(duration for _, duration in answers)
