"""The default project serves its API under gunicorn with the Uvicorn worker."""

import secrets
from typing import TYPE_CHECKING

import pytest

from tests.server import free_port, gunicorn, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.project import Project
    from tests.server import Api


@pytest.fixture(scope="module")
def project(built: "Project", tmp_path_factory: pytest.TempPathFactory) -> "Project":
    """Return a copy of the built project, migrated."""
    project = built.copy_to(tmp_path_factory.mktemp("served") / "project")
    project.manage("migrate", "--verbosity", "0")
    return project


@pytest.fixture(scope="module")
def api(project: "Project") -> "Iterator[Api]":
    """Return the API of that project, which is served."""
    port = free_port()
    env = project.variables() | {"WEB_CONCURRENCY": "2"}
    with serving(*gunicorn(port), cwd=project.path, port=port, env=env) as api:
        yield api


def round_trip(api: "Api", project: "Project", env: dict[str, str]) -> None:
    """Register, log in, read one's own record, and list users as an admin."""
    password = secrets.token_urlsafe(16)
    admin = {"email": "admin@example.com", "password": password}
    create = {
        "DJANGO_SUPERUSER_EMAIL": admin["email"],
        "DJANGO_SUPERUSER_NAME": "Admin",
        "DJANGO_SUPERUSER_PASSWORD": password,
    }
    project.manage("createsuperuser", "--noinput", env=env | create)
    user = {"email": "ada@example.com", "password": password}

    assert api.call("GET", "/api/health/") == (
        200,
        {"status": "healthy", "db": "ok", "cache": "ok"},
    )
    status, body = api.call("GET", "/api/v1/auth/me/")
    assert (status, body["type"]) == (401, "client_error")
    status, body = api.call("POST", "/api/v1/auth/register/", user | {"name": "Ada"})
    assert (status, body["email"]) == (201, "ada@example.com")
    status, body = api.call("POST", "/api/v1/auth/login/", user)
    assert status == 200
    token = body["token"]
    status, body = api.call("GET", "/api/v1/auth/me/", token=token)
    assert (status, body["name"]) == (200, "Ada")
    assert api.call("GET", "/api/v1/users/", token=token)[0] == 403

    status, body = api.call("POST", "/api/v1/auth/login/", admin)
    assert status == 200
    status, body = api.call("GET", "/api/v1/users/", token=body["token"])
    assert status == 200
    emails = {item["email"] for item in body["results"]}
    assert emails == {"admin@example.com", "ada@example.com"}

    assert api.call("POST", "/api/v1/auth/logout/", token=token) == (204, None)
    assert api.call("GET", "/api/v1/auth/me/", token=token)[0] == 401


def test_a_round_trip_over_http_works(api: "Api", project: "Project") -> None:
    round_trip(api, project, {})


def test_the_schema_and_its_pages_are_served(api: "Api") -> None:
    for path in ("/api/docs/", "/api/redoc/"):
        status, page = api.fetch(path)
        assert status == 200
        assert "https://" not in page
    assert api.fetch("/api/schema/")[0] == 200
