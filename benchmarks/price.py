"""The CPU cost of each feature, measured by removing one at a time.

And what other ways for a request to reach Django would cost.
"""

from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from benchmarks import servers
from benchmarks.load import ENDPOINTS, Load, measure
from benchmarks.plan import rotated, say
from benchmarks.requests import CONNECTIONS
from tests.project import run as execute

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.plan import Plan
    from benchmarks.sites import Site, Sites

MEASURED: Final = ("me", "users")


@dataclass(frozen=True)
class Change:
    """Lines that remove a feature.

    Attributes:
        settings: At the end of the settings.
        urls: At the end of the URL configuration.
    """

    settings: str = ""
    urls: str = ""


# Fails if the template renamed the entry to remove.
WITHOUT: Final = """
def without(entries, word):
    kept = [entry for entry in entries if word not in entry]
    assert len(kept) < len(entries), word
    return kept
"""
CHANGES: Final = {
    "throttling": Change('REST_FRAMEWORK["DEFAULT_THROTTLE_CLASSES"] = []'),
    "request log line": Change(
        'LOGGING["loggers"]["apps.core.middleware"] = {"level": "WARNING"}'
    ),
    "request id, log line (whole middleware)": Change(
        'MIDDLEWARE = without(MIDDLEWARE, "request_context")'
    ),
    "content security policy": Change(
        'MIDDLEWARE = without(MIDDLEWARE, "ContentSecurityPolicy")'
    ),
    "CORS": Change('MIDDLEWARE = without(MIDDLEWARE, "CorsMiddleware")'),
    "error envelope": Change('del REST_FRAMEWORK["EXCEPTION_HANDLER"]'),
    "check of the connection": Change(
        'assert DATABASES["default"].pop("CONN_HEALTH_CHECKS")'
    ),
    "filters and ordering": Change(
        urls="from apps.users import views\nviews.UserListView.filter_backends = ()"
    ),
}
BARE: Final = "all of them"
FULL: Final = "nothing"
BRIDGE: Final = "a2wsgi==1.10.10"
# The module of each, and how it is served.
ENTRIES: Final = {
    "entry point: Django's ASGI handler instead": (
        "from django.core.asgi import get_asgi_application\n"
        "application = get_asgi_application()\n",
        servers.RENDERED,
    ),
    "entry point: a2wsgi instead": (
        "from a2wsgi import WSGIMiddleware\n"
        "from django.core.wsgi import get_wsgi_application\n"
        "application = WSGIMiddleware(get_wsgi_application(), workers=4)\n",
        servers.RENDERED,
    ),
    "entry point: WSGI gthread instead": (
        "from django.core.wsgi import get_wsgi_application\n"
        "application = get_wsgi_application()\n",
        servers.WSGI,
    ),
}


def variants(*, quick: bool) -> dict[str, list[Change]]:
    """Return the removed features of each variant, the largest variant first."""
    single = {} if quick else {name: [change] for name, change in CHANGES.items()}
    # These are in (a) as well.
    kept = {"check of the connection", "filters and ordering"}
    every = [change for name, change in CHANGES.items() if name not in kept]
    return {FULL: [], BARE: every, **single}


def apply(site: "Site", changes: list[Change], folder: "Path") -> "Site":
    """Return the project with changed settings.

    Args:
        site: The project.
        changes: What is taken away.
        folder: A new folder for two modules.

    Returns:
        The same project, whose environment names the modules.
    """
    folder.mkdir(exist_ok=True)
    settings = [change.settings for change in changes]
    urls = [change.urls for change in changes]
    texts = {
        "benchmark_settings.py": [
            "from config.settings import *",
            WITHOUT,
            *settings,
            'ROOT_URLCONF = "benchmark_urls"',
        ],
        "benchmark_urls.py": ["from config.urls import *", *urls],
    }
    for name, lines in texts.items():
        (folder / name).write_text("\n".join([*filter(None, lines), ""]))
    env = {
        "DJANGO_SETTINGS_MODULE": "benchmark_settings",
        "PYTHONPATH": f"{folder}:{site.folder}",
    }
    return replace(site, env=site.env | env)


def entered(plan: "Plan", site: "Site") -> "dict[str, tuple[Site, servers.Kind]]":
    """Return the project with other entry points."""
    if plan.quick:
        return {}
    install = ("uv", "pip", "install", "--quiet", "--python", site.python, BRIDGE)
    execute(*install, cwd=site.folder)
    found = {}
    for number, (name, (module, kind)) in enumerate(ENTRIES.items()):
        folder = plan.scratch / f"entry{number}"
        variant = apply(site, [], folder)
        (folder / "benchmark_entry.py").write_text(module)
        arguments = (*kind.arguments[:-1], "benchmark_entry:application")
        # Django's handler has a thread for each request.
        env = kind.env | {"DATABASE_POOL_SIZE": str(servers.THREADS)}
        found[name] = (variant, servers.Kind(arguments, env))
    return found


def run(plan: "Plan", sites: "Sites") -> dict[str, Any]:
    """Measure the default project without one thing after the other, and (a).

    Args:
        plan: How much.
        sites: The projects.

    Returns:
        CPU per request of each variant, and of each endpoint.
    """
    load = Load(min(CONNECTIONS, max(plan.connections)), plan.seconds)
    taken: dict[str, tuple[Site, servers.Kind]] = {
        name: (
            apply(sites.default, changes, plan.scratch / f"variant{number}"),
            servers.RENDERED,
        )
        for number, (name, changes) in enumerate(variants(quick=plan.quick).items())
    }
    taken |= entered(plan, sites.default)
    taken["(a)"] = (sites.minimal, servers.WSGI)
    rows: dict[str, dict[str, list[float]]] = {
        name: {endpoint: [] for endpoint in MEASURED} for name in taken
    }
    with ExitStack() as stack:
        running = {
            name: stack.enter_context(
                servers.serving(site, kind, plan.scratch / f"variant{number}.log")
            )
            for number, (name, (site, kind)) in enumerate(taken.items())
        }
        for turn in range(plan.rounds):
            say(f"price: round {turn + 1} of {plan.rounds}, {len(taken)} variants")
            for endpoint in MEASURED:
                for name in rotated(list(taken), turn):
                    sample = measure(running[name], ENDPOINTS[endpoint], load)
                    rows[name][endpoint].append(sample["cpu_us"])
    return {"connections": load.connections, "cpu_us": rows}
