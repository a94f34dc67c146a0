"""Times by number of rows, workers, WebSockets and tasks."""

import json
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from benchmarks import servers, tasks, websocket_echo
from benchmarks.load import ENDPOINTS, Load, WrongAnswersError, measure
from benchmarks.plan import say
from benchmarks.price import MEASURED

if TYPE_CHECKING:
    from benchmarks.plan import Plan
    from benchmarks.servers import Server
    from benchmarks.sites import Site, Sites

COUNTS: Final = (100, 10_000, 1_000_000)
WORKERS: Final = (1, 2, 3, 4)
REPEATS: Final = 15
CURSOR_STEPS: Final = 30
USERS: Final = "/api/v1/users/"
NO_MATCH: Final = "search, none"
# Person 43 of inside/people.py is among the first hundred.
CASES: Final = {
    "page 1": {},
    "page 1, 100 rows": {"page_size": "100"},
    "search, part of an address": {"search": "thornstone43@"},
    "search, an address": {"search": "mohammed.thornstone43@naver.com"},
    "search, a full name": {"search": "Mohammed Thornstone"},
    "search, 1 of 1,000": {"search": "Grace"},
    "search, 1 of 4": {"search": "gmail"},
    NO_MATCH: {"search": "nobody-has-this"},
    "role of 1 of 100": {"role": "moderator"},
    "role of nearly all": {"role": "user"},
}
# The part of the list before a page.
DEEP: Final = {
    "the page at a tenth, by number": 10,
    "the page at half, by number": 2,
    "the last page, by number": 1,
}


def run(plan: "Plan", sites: "Sites") -> dict[str, Any]:
    """Return rows by number of users, workers and WebSockets, and the rate of tasks."""
    return {
        "pages": pages(plan, sites.default),
        "workers": workers(plan, sites.default),
        "websockets": websocket_echo.run(plan, sites.everything),
        "tasks": tasks.run(plan, sites.everything),
    }


def pages(plan: "Plan", site: "Site") -> dict[str, Any]:
    """Fill a separate database and request pages of users."""
    found: dict[str, Any] = {}
    with plan.services.database(site.python) as database:
        own = site.in_database(database)
        own.migrate()
        own = own.with_people(COUNTS[0])
        log = plan.scratch / "growth.log"
        with servers.serving(own, servers.RENDERED, log) as server:
            before = COUNTS[0]
            for count in COUNTS[:2] if plan.quick else COUNTS:
                if count > before:
                    say(f"growth: inserting up to {count:,} users")
                    own.inside("people.py", str(before + 1), str(count))
                    before = count
                say(f"growth: pages of {count:,} users")
                found[str(count)] = pages_of(server, count)
    return found


def pages_of(server: "Server", count: int) -> dict[str, Any]:
    """Measure each case and get its query plan."""
    paths = {case: address(query) for case, query in CASES.items()}
    for case, part in DEEP.items():
        page = max(1, count // 20 // part)
        paths[case] = address({"page": str(page)})
    # With `?cursor=`, where the API has it.
    for case, query in (("by cursor", {}), ("search by cursor", {"search": "Grace"})):
        paths |= cursors(server, case, query)
    token = server.site.credentials["token"].partition(": ")[2]
    explained = json.loads(
        server.site.inside("plans.py", token, *paths.values()).stdout.splitlines()[-1]
    )
    found = {}
    for case, path in paths.items():
        if bool(json.loads(request(server, path))["results"]) == (case == NO_MATCH):
            message = f"{path}: not what inside/people.py makes"
            raise WrongAnswersError(message)
        plans = explained[path]
        found[case] = {
            "path": path,
            "ms": request_often(server, path),
            "scans": sorted(
                {
                    "count" if "COUNT(" in plan["query"] else "page"
                    for plan in plans
                    if "Seq Scan on users_user" in plan["plan"]
                }
            ),
            "plans": plans,
        }
    return found


def address(query: dict[str, str]) -> str:
    """Return the path of a page."""
    return f"{USERS}?{urlencode(query)}" if query else USERS


def cursors(server: "Server", case: str, query: dict[str, str]) -> dict[str, str]:
    """Follow cursors, if pages have them, and return the first and a later path."""
    path = address(query)
    following = next_page(server, path)
    if "cursor" not in parse_qs(urlsplit(following).query):
        path = address({**query, "cursor": ""})
        following = next_page(server, path)
    if "cursor" not in parse_qs(urlsplit(following).query):
        return {}
    later = path
    for _ in range(CURSOR_STEPS):
        if not following:
            break
        later = following
        following = next_page(server, later)
    return {f"page 1, {case}": path, f"a later page, {case}": later}


def next_page(server: "Server", path: str) -> str:
    """Return the path of the page after a page, if any."""
    content: dict[str, Any] = json.loads(request(server, path))
    parts = urlsplit(content.get("next") or "")
    return f"{parts.path}?{parts.query}" if parts.path else ""


def request(server: "Server", path: str) -> bytes:
    """Request a page as an admin."""
    status, body = servers.get(server.port, path, server.site.credentials["token"])
    if status != HTTPStatus.OK:
        message = f"{path}: {status} {body[:200]!r}"
        raise WrongAnswersError(message)
    return body


def request_often(server: "Server", path: str) -> list[float]:
    """Return the milliseconds of sequential requests."""
    times = []
    for _ in range(REPEATS + 2):
        started = time.perf_counter()
        request(server, path)
        times.append(round(1000 * (time.perf_counter() - started), 2))
    # The first ones connect the workers and fill caches.
    return times[2:]


def workers(plan: "Plan", site: "Site") -> dict[str, Any]:
    """Measure requests/s by number of workers."""
    found: dict[str, dict[str, list[float]]] = {}
    load = Load(32, plan.seconds)
    for count in WORKERS[:2] if plan.quick else WORKERS:
        say(f"growth: {count} workers")
        row: dict[str, list[float]] = {endpoint: [] for endpoint in MEASURED}
        log = plan.scratch / f"workers{count}.log"
        env = {"WEB_CONCURRENCY": str(count)}
        kind = servers.Kind(servers.RENDERED.arguments, env)
        with servers.serving(site, kind, log) as server:
            for endpoint in MEASURED:
                for _ in range(plan.rounds):
                    sample = measure(server, ENDPOINTS[endpoint], load)
                    row[endpoint].append(sample["requests_per_second"])
        found[str(count)] = row
    return found
