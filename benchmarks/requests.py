"""Requests per second, latency and CPU per request, side by side."""

import itertools
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from benchmarks import servers
from benchmarks.load import ENDPOINTS, Load, WrongAnswersError, measure
from benchmarks.plan import rotated, say

if TYPE_CHECKING:
    from benchmarks.plan import Plan, Rows
    from benchmarks.sites import Sites

ALL: Final = tuple(ENDPOINTS)
# Where but one number of connections is of interest.
CONNECTIONS: Final = 32
MANNERS: Final = {
    "kept": "kept alive",
    "new": "new for each request",
    "paced": "kept alive, at equal load: half of what (a) answers when kept busy",
    "paced-new": "new for each request, at the same load",
}
# Where latency is compared at equal load.
PACED: Final = ("me", "users")
SHARE: Final = 0.5


@dataclass(frozen=True)
class Competitor:
    """One of those that are compared.

    Attributes:
        title: What the tables call it.
        site: The project, a field of `Sites`.
        kind: How it is served.
        endpoints: What it has.
    """

    title: str
    site: str
    kind: servers.Kind
    endpoints: tuple[str, ...] = ALL


COMPETITORS: Final = {
    "default": Competitor("rendered, default (token)", "default", servers.RENDERED),
    "everything": Competitor(
        "rendered, everything on (JWT)", "everything", servers.RENDERED
    ),
    "wsgi": Competitor("(a) minimal, WSGI gthread", "minimal", servers.WSGI),
    "asgi": Competitor("(b) minimal, Django's ASGI handler", "minimal", servers.ASGI),
    "bare": Competitor("(c) no framework, Uvicorn", "minimal", servers.BARE, ("live",)),
}


def run(plan: "Plan", sites: "Sites") -> dict[str, Any]:
    """Measure every competitor at every endpoint, load and round.

    All servers run all the time; competitors take turns within each endpoint and load,
    so that what else the machine does meets them alike.

    Args:
        plan: How much.
        sites: The projects.

    Returns:
        One row for each of these, but for those with a wrong answer, which are listed.
    """
    wrong: list[str] = []
    rows: dict[tuple[str, str, int, str], dict[str, Any]] = {}
    kept = itertools.product(ENDPOINTS, plan.connections, ("kept",))
    usual = min(CONNECTIONS, max(plan.connections))
    new = itertools.product(ENDPOINTS, (usual,), ("new",))
    paced = itertools.product(PACED, (usual,), ("paced", "paced-new"))
    cells = [
        (endpoint, connections, manner)
        for endpoint, connections, manner in itertools.chain(kept, new, paced)
        if endpoint in plan.endpoints
        and connections <= ENDPOINTS[endpoint].most
        and (manner == "kept" or not plan.quick)
    ]
    with ExitStack() as stack:
        running = {
            name: stack.enter_context(
                servers.serving(
                    getattr(sites, competitor.site),
                    competitor.kind,
                    plan.scratch / f"{name}.log",
                )
            )
            for name, competitor in COMPETITORS.items()
        }
        for turn in range(plan.rounds):
            for number, (endpoint, connections, manner) in enumerate(cells, start=1):
                say(
                    f"requests: round {turn + 1} of {plan.rounds}, {number} of "
                    f"{len(cells)}: {endpoint}, {connections} connections, {manner}"
                )
                pace = 0.0
                if manner.startswith("paced"):
                    busy = rows.get((endpoint, "wsgi", connections, "kept"))
                    if busy is None:
                        continue
                    pace = SHARE * busy["requests_per_second"][-1]
                load = Load(connections, plan.seconds, not manner.endswith("new"), pace)
                for name in rotated(list(COMPETITORS), turn):
                    if endpoint not in COMPETITORS[name].endpoints:
                        continue
                    try:
                        sample = measure(running[name], ENDPOINTS[endpoint], load)
                    except WrongAnswersError as error:
                        say(str(error))
                        wrong.append(str(error))
                        continue
                    key = (endpoint, name, connections, manner)
                    row = rows.setdefault(
                        key,
                        {
                            "endpoint": endpoint,
                            "competitor": name,
                            "connections": connections,
                            "manner": manner,
                            **{measure: [] for measure in sample},
                        },
                    )
                    for what, value in sample.items():
                        row[what].append(value)
    found: Rows = [row for row in rows.values() if len(row["cpu_us"]) == plan.rounds]
    return {"rows": found, "wrong": wrong}
