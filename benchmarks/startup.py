"""Cold start, memory and imports."""

import json
import subprocess
from typing import TYPE_CHECKING, Any, Final

from benchmarks import servers
from benchmarks.load import ENDPOINTS, Load, wrk
from benchmarks.plan import rotated, say
from benchmarks.requests import COMPETITORS

if TYPE_CHECKING:
    from benchmarks.plan import Plan
    from benchmarks.sites import Site, Sites

COMPARED: Final = ("default", "everything", "wsgi", "asgi")
WARM: Final = Load(connections=8, seconds=1)
IMPORT: Final = """
import json, sys, time
before = len(sys.modules)
started = time.perf_counter()
import config.asgi
seconds = time.perf_counter() - started
print(json.dumps({"import_ms": 1000 * seconds, "modules": len(sys.modules) - before}))
"""


def imports(site: "Site") -> dict[str, float]:
    """Import the entry point in a new interpreter."""
    result = subprocess.run(
        [site.python, "-c", IMPORT],
        cwd=site.folder,
        env={**site.env, "PYTHONPATH": str(site.folder)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    found: dict[str, float] = json.loads(result.stdout.splitlines()[-1])
    return found


def run(plan: "Plan", sites: "Sites") -> dict[str, Any]:
    """Start each competitor several times.

    Args:
        plan: How much.
        sites: The projects.

    Returns:
        Lists of what was measured, by competitor.
    """
    rows: dict[str, dict[str, list[float]]] = {name: {} for name in COMPARED}
    for turn in range(plan.rounds + 1):
        say(f"start: round {turn} of {plan.rounds}" if turn else "start: warm-up")
        for name in rotated(COMPARED, turn):
            competitor = COMPETITORS[name]
            site: Site = getattr(sites, competitor.site)
            found: dict[str, float] = imports(site)
            log = plan.scratch / f"start-{name}.log"
            with servers.serving(site, competitor.kind, log) as server:
                found["first_answer_s"] = server.seconds
                for endpoint in ("me", "users"):
                    wrk(server, ENDPOINTS[endpoint], WARM)
                sizes = [servers.proportional_kib(pid) for pid in server.workers()]
                found["worker_mib"] = sum(sizes) / len(sizes) / 1024
            if turn:
                # The first time files are read from the disk and compiled.
                for what, value in found.items():
                    rows[name].setdefault(what, []).append(round(value, 3))
    return {"rows": rows}
