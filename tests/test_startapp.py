"""`manage.py startapp` creates apps that pass every check."""

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.project import Project, git
from tests.server import free_port, gunicorn, serving
from tests.updates import Template, commit, replace_text, update

if TYPE_CHECKING:
    from pathlib import Path

    from tests.options import Answers
    from tests.server import Api
    from tests.shared import Shared

OPTIONS: "list[Answers]" = [{"use_jwt": True}, {"use_jwt": True, "use_celery": True}]
MANY = (
    ("orders", "--model", "Order"),
    ("status",),
    ("data",),
    ("categories",),
    ("a1",),
    ("testimonials",),
    ("ideas", "--minimal"),
    ("blog_posts", "--model", "Post"),
    ("q4_reports", "--model", "OAuth2Client"),
    ("http_servers", "--model", "HTTPServer"),
    ("x" * 40, "--model", "X" + "x" * 38 + "Y"),
)
CHECKS = (
    ("ruff", "check", "--no-fix", "."),
    ("ruff", "format", "--check", "."),
    ("manage.py", "makemigrations", "--check", "--dry-run"),
    ("manage.py", "spectacular", "--validate", "--fail-on-warn", "--file", "/dev/null"),
)
PROJECT_TESTS = ("tests/test_architecture.py", "tests/test_openapi.py")


@pytest.mark.exhaustive
@pytest.mark.parametrize("arguments", [MANY[0], ("ideas", "--minimal")], ids=" ".join)
def test_a_new_app_passes_the_checks(
    project: Project, arguments: tuple[str, ...]
) -> None:
    project.manage("startapp", *arguments)
    for check in CHECKS:
        project.uv_run(*check)
    project.uv_run("pytest", "-q", "--no-cov", *PROJECT_TESTS, f"apps/{arguments[0]}")


@pytest.mark.exhaustive
@pytest.mark.parametrize("answers", OPTIONS, ids="-".join)
def test_an_app_passes_every_check_with_options(
    shared: "Shared", tmp_path: "Path", answers: "Answers"
) -> None:
    copied = shared.installed(shared.copied(answers))
    project = copied.copy_to(tmp_path / "project")
    project.manage("startapp", *MANY[0])
    has_tasks = (project.path / "apps" / "orders" / "tasks.py").exists()
    assert has_tasks == ("use_celery" in answers)
    # Coverage is measured in the test of many apps.
    project.run("make", "check", env={"PYTEST_ADDOPTS": "--no-cov"})


@pytest.mark.exhaustive
def test_many_apps_in_a_row_stay_green(project: Project) -> None:
    for arguments in MANY:
        project.manage("startapp", *arguments)
    assert not list(project.path.glob("apps/*/tasks.py"))
    project.run("make", "check")


def test_a_rejected_name_writes_nothing(project: Project) -> None:
    """The generated tests try many more names, in one process."""
    git(project.path, "add", "-A")
    for reason, *arguments in (
        ("is not a valid app name", "Orders"),
        ("'Response' is a reserved word", "orders", "--model", "Response"),
        ("conflicts with the name of an existing Python module", "json"),
    ):
        result = project.manage("startapp", *arguments, check=False)
        assert result.returncode == 1
        assert result.stderr.startswith("CommandError: ")
        assert reason in result.stderr
        assert len(result.stderr.splitlines()) == 1
        assert "??" not in git(project.path, "status", "--porcelain")
        assert git(project.path, "diff", "--name-only") == ""


def test_the_help_shows_how_to_use_it(project: Project) -> None:
    shown = project.manage("startapp", "--help").stdout
    assert "manage.py startapp orders --model Order" in " ".join(shown.split())
    assert "--minimal" in shown


def client(api: "Api", email: str, scheme: str) -> "Api":
    """Register, unless it is the admin, and log in."""
    user = {"email": email, "password": f"correct horse {email}"}
    if not email.startswith("admin"):
        status, _ = api.call("POST", "/api/v1/auth/register/", user | {"name": "Ada"})
        assert status == 201
    status, body = api.call("POST", "/api/v1/auth/login/", user)
    assert status == 200
    token = body["access" if scheme == "Bearer" else "token"]
    return replace(api, headers={"Authorization": f"{scheme} {token}"})


def use(project: Project, scheme: str) -> None:
    """Create, read, update and delete over HTTP, as a user, another and an admin."""
    project.manage("migrate", "--verbosity", "0")
    admin_email = "admin@example.com"
    admin = {
        "DJANGO_SUPERUSER_EMAIL": admin_email,
        "DJANGO_SUPERUSER_NAME": "Admin",
        "DJANGO_SUPERUSER_PASSWORD": f"correct horse {admin_email}",
    }
    project.manage("createsuperuser", "--noinput", env=admin)
    port = free_port()
    env = project.variables() | {"WEB_CONCURRENCY": "1"}
    with serving(*gunicorn(port), cwd=project.path, port=port, env=env) as anonymous:
        ada = client(anonymous, "ada@example.com", scheme)
        bob = client(anonymous, "bob@example.com", scheme)
        exercise(anonymous, ada, bob, client(anonymous, admin_email, scheme))


def exercise(anonymous: "Api", ada: "Api", bob: "Api", admin: "Api") -> None:
    url = "/api/v1/orders/"
    made = [ada.call("POST", url, {"name": f"Order {n:02}"}) for n in range(25)]
    assert {status for status, _ in made} == {201}
    order = made[0][1]
    assert set(order) == {"id", "user", "name", "created_at", "updated_at"}
    assert bob.call("POST", url, {"name": "Another"})[0] == 201

    status, page = ada.call("GET", url)
    assert (status, page["count"], len(page["results"])) == (200, 25, 20)
    assert page["results"][0]["name"] == "Order 24"
    assert len(ada.call("GET", f"{url}?page=2")[1]["results"]) == 5
    assert len(ada.call("GET", f"{url}?page_size=7")[1]["results"]) == 7
    found = ada.call("GET", f"{url}?name=order%2003")[1]["results"]
    assert [row["name"] for row in found] == ["Order 03"]
    ordered = ada.call("GET", f"{url}?ordering=name&page_size=2")[1]["results"]
    assert [row["name"] for row in ordered] == ["Order 00", "Order 01"]
    assert admin.call("GET", url)[1]["count"] == 26

    detail = f"{url}{order['id']}/"
    assert ada.call("GET", detail) == (200, order)
    assert ada.call("PUT", detail, {"name": "New"})[1]["name"] == "New"
    assert admin.call("PATCH", detail, {"name": "Newer"})[1]["name"] == "Newer"
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        assert bob.call(method, detail, {"name": "Mine"})[0] == 404
    assert ada.call("DELETE", detail) == (204, None)

    for response, expected, kind, attr in (
        (anonymous.call("GET", url), 401, "client_error", None),
        (anonymous.call("POST", url, {"name": "x"}), 401, "client_error", None),
        (ada.call("GET", detail), 404, "client_error", None),
        (ada.call("GET", f"{url}?page=9"), 404, "client_error", None),
        (ada.call("POST", url, {}), 400, "validation_error", "name"),
        (ada.call("POST", url, {"name": "x" * 256}), 400, "validation_error", "name"),
        (ada.call("GET", f"{url}?created_after=x"), 400, "validation_error", None),
        (ada.call("DELETE", url), 405, "client_error", None),
    ):
        status, body = response
        assert (status, body["type"]) == (expected, kind)
        assert attr is None or body["errors"][0]["attr"] == attr


@pytest.mark.exhaustive
def test_an_app_serves_its_model_over_http(project: Project) -> None:
    project.manage("startapp", *MANY[0])
    use(project, "Token")


@pytest.mark.exhaustive
def test_an_app_serves_its_model_over_http_with_jwt(
    shared: "Shared", tmp_path: "Path"
) -> None:
    copied = shared.installed(shared.copied({"use_jwt": True}))
    project = copied.copy_to(tmp_path / "project")
    project.manage("startapp", *MANY[0])
    use(project, "Bearer")


@pytest.mark.exhaustive
def test_an_update_next_to_the_registrations_does_not_conflict(
    source: "Path", built: Project, tmp_path: "Path"
) -> None:
    """The template's own apps go above the line that marks the place, the user's below."""
    template = Template.make(source, tmp_path / "template")
    path = template.copy(tmp_path / "shop", "v1.0.0").path
    commit(path, "Start")
    project = Project(path, environment=built.environment)
    for app in ("orders", "ideas"):
        project.manage("startapp", app)
    commit(path, "Add apps")

    mark = "    # `manage.py startapp` adds apps below this line.\n"
    for name in ("settings", "urls"):
        [file] = (template.path / "template" / "config").glob(f"{name}.py*")
        replace_text(file, mark, f"    # Planted above.\n{mark}")
        replace_text(file, f"{mark}]\n", f"{mark}]\n# Planted below.\n")
    [views] = (template.path / "template").rglob("full/views.py-tpl")
    replace_text(views, "", "\n# Planted.\n")
    template.release("v2.0.0")
    update(Project(path))

    assert git(path, "diff", "--name-only", "--diff-filter=U") == ""
    for name in ("settings", "urls"):
        text = project.read(f"config/{name}.py")
        assert "Planted above." in text
        assert "Planted below." in text
        assert "<<<<<<<" not in text
        assert all(f"apps.{app}" in text for app in ("orders", "ideas"))
    assert "Planted" not in project.read("apps/orders/views.py")
    project.manage("makemigrations", "--check", "--dry-run")
