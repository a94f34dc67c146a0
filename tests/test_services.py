"""The embedded default and real services: the same suite, and no start without them."""

import os
import re
import secrets
from typing import TYPE_CHECKING

import pytest

from tests.options import everything
from tests.project import production
from tests.server import free_port, gunicorn, serving
from tests.shared import SUITE
from tests.test_server import round_trip

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.project import Project, Result
    from tests.shared import Shared

SERVICES = {
    "DATABASE_URL": "DJANGO_ARCH_TEST_DATABASE_URL",
    "REDIS_URL": "DJANGO_ARCH_TEST_REDIS_URL",
}

type Services = Callable[[int], dict[str, str]]


@pytest.fixture
def services() -> "Services":
    """Return a function that gives the addresses of the services, or skip the test.

    Each test names a Redis database of its own: in a shared one they would count each
    other's requests.
    """
    missing = [name for name in SERVICES.values() if not os.environ.get(name)]
    if missing:
        reason = f"needs PostgreSQL and Redis: set {' and '.join(missing)}"
        if os.environ.get("DJANGO_ARCH_REQUIRE_SERVICES") == "1":
            pytest.fail(reason)
        pytest.skip(reason)

    def with_redis_database(number: int) -> dict[str, str]:
        found = {setting: os.environ[name] for setting, name in SERVICES.items()}
        server, _, _ = found["REDIS_URL"].rpartition("/")
        cache = {"REDIS_URL": f"{server}/{number}"}
        return {"ENVIRONMENT": "local", **found, **cache}

    return with_redis_database


@pytest.mark.exhaustive
def test_the_suite_passes_on_postgresql_and_redis(
    shared: "Shared", project: "Project", services: "Services"
) -> None:
    shared.prove(project, *SUITE, env=services(1))


@pytest.mark.exhaustive
def test_the_query_of_the_database_url_counts(
    project: "Project", services: "Services"
) -> None:
    """The project rejects a server without TLS if the URL asks for TLS."""
    env = services(5)
    show = (
        "from django.db import connection; cursor = connection.cursor(); "
        "cursor.execute('SHOW statement_timeout'); print(cursor.fetchone()[0])"
    )

    def run_with(query: str) -> "Result":
        url = f"{env['DATABASE_URL']}?{query}"
        command = ("shell", "--verbosity", "0", "--command", show)
        return project.manage(*command, check=False, env=env | {"DATABASE_URL": url})

    timeout = run_with("options=-c%20statement_timeout%3D4321")
    assert timeout.stdout.strip() == "4321ms", timeout.stderr
    rejected = run_with("sslmode=require")
    assert rejected.returncode != 0
    # The pool logs the reason.
    assert "server does not support SSL, but SSL was required" in rejected.stdout


@pytest.mark.exhaustive
def test_the_suite_of_everything_passes_on_postgresql_and_redis(
    shared: "Shared", tmp_path: "Path", services: "Services"
) -> None:
    project = shared.installed(shared.copied(everything()))
    shared.prove(project.copy_to(tmp_path / "shop"), *SUITE, env=services(3))


@pytest.mark.exhaustive
def test_production_serves_a_round_trip_on_postgresql_and_redis(
    project: "Project", services: "Services"
) -> None:
    port = free_port()
    more = {"ENVIRONMENT": "production", "WEB_CONCURRENCY": "2"}
    env = production() | services(2) | more
    env |= {"ALLOWED_HOSTS": "127.0.0.1", "DATABASE_URL": own_database(project, env)}
    project.manage("migrate", "--verbosity", "0", env=env)
    headers = {"X-Forwarded-Proto": "https"}
    with serving(
        *gunicorn(port),
        cwd=project.path,
        port=port,
        env=project.variables() | env,
        headers=headers,
    ) as api:
        round_trip(api, project, env)


def own_database(project: "Project", services: dict[str, str]) -> str:
    """Create a database that no other test uses and return its URL."""
    server, _, _ = services["DATABASE_URL"].rpartition("/")
    name = f"round_trip_{secrets.token_hex(4)}"
    create = (
        "import psycopg, sys; "
        "psycopg.connect(sys.argv[1], autocommit=True)"
        ".execute(f'CREATE DATABASE {sys.argv[2]}')"
    )
    project.uv_run("python", "-c", create, services["DATABASE_URL"], name)
    return f"{server}/{name}"


def rejection(project: "Project", env: dict[str, str]) -> str:
    """Start with an invalid environment; return the message."""
    (project.path / ".env").unlink(missing_ok=True)
    result = project.manage("check", env=env, check=False)
    assert result.returncode != 0
    return result.stdout + result.stderr


@pytest.mark.parametrize("environment", ["production", "staging"])
def test_one_message_lists_everything_that_is_missing(
    project: "Project", environment: str
) -> None:
    message = rejection(project, {"ENVIRONMENT": environment})
    for name in (
        *("SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "ALLOWED_HOSTS"),
        *("DATABASE_URL", "REDIS_URL"),
    ):
        assert message.count(name) == 1, message


@pytest.mark.parametrize(
    "values",
    [
        {
            "DATABASE_URL": "sqlite:///db.sqlite3",
            "REDIS_URL": "locmem://",
            "SECRET_KEY": "short",
            "ALLOWED_HOSTS": "*",
            "CSRF_TRUSTED_ORIGINS": "https://*",
        },
        {"DATABASE_URL": "", "REDIS_URL": "", "SECRET_KEY": ""},
        {
            "REDIS_URL": "rediss://redis/0?ssl_cert_reqs=none",
            "SECRET_KEY": "x" * 60,
            "ALLOWED_HOSTS": ".com",
            "FIELD_ENCRYPTION_KEYS": "too-short",
        },
        {"SECRET_KEY": "django-insecure-" + "abcdefghijklmnopqrstuvwxyz0123456789" * 2},
    ],
    ids=["embedded", "empty", "weak", "insecure"],
)
def test_embedded_and_weak_values_are_rejected_in_production(
    project: "Project", values: dict[str, str]
) -> None:
    """The message names these variables, and no other."""
    message = rejection(project, production() | values)
    named = set(re.findall(r"^  (\w+): ", message, re.MULTILINE))
    assert named == set(values)
    assert {name for name in production() if name in message} <= named
    for value in values.values():
        assert not value or value not in message or value == "*"


@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL"])
def test_a_service_without_an_environment_is_rejected(
    project: "Project", name: str
) -> None:
    message = rejection(project, {name: production()[name]})
    assert "ENVIRONMENT: is missing" in message


def test_the_embedded_default_needs_no_env_file(project: "Project") -> None:
    (project.path / ".env").unlink()
    project.manage("migrate", "--verbosity", "0")
    project.manage("check")
    assert (project.path / "db.sqlite3").exists()
