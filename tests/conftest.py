"""Fixtures: the template's source, renders of it, and one built project for all workers."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import plumbum
import pytest

from tests.processes import Live, own_database, redis_server
from tests.project import (
    Project,
    copy_tree,
    export_source,
    production,
    without_hooks,
)
from tests.shared import Shared

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_copie.plugin import Copie

    from tests.options import Answers


@pytest.fixture(scope="session", autouse=True)
def _isolation(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep the developer's git, Copier and Python settings out of every test.

    plumbum, through which Copier runs git, copied the environment when it was imported.
    """
    home = tmp_path_factory.mktemp("settings")
    (home / "gitconfig").write_text(
        "[user]\nname = Tester\nemail = tester@example.com\n"
        "[init]\ndefaultBranch = main\n"
        "[core]\nfsync = none\n[gc]\nauto = 0\n[maintenance]\nauto = false\n"
    )
    (home / "copier.yml").write_text("{}\n")
    settings = {
        "GIT_CONFIG_GLOBAL": str(home / "gitconfig"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "COPIER_SETTINGS_PATH": str(home / "copier.yml"),
    }
    own_scripts = str(Path(sys.executable).parent)
    path = os.environ["PATH"].split(os.pathsep)
    settings["PATH"] = os.pathsep.join(part for part in path if part != own_scripts)
    os.environ.update(settings)
    plumbum.local.env.update(settings)
    own = ("VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT", "PYTEST_ADDOPTS")
    # Without bytecode every program of a test compiles all it imports.
    for name in (*own, "PYTHONDONTWRITEBYTECODE"):
        os.environ.pop(name, None)
        plumbum.local.env.pop(name, "")


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the work tree's template in a folder without git, as Copier reads it fastest."""
    return export_source(tmp_path_factory.mktemp("source"))


@pytest.fixture(scope="session")
def hookless_source(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the template without the hooks, which do not belong to what is rendered."""
    return without_hooks(source, tmp_path_factory.mktemp("hookless"))


@pytest.fixture
def render_anew(copie: "Copie", hookless_source: Path) -> "Callable[..., Project]":
    """Return a function that renders the template with the given answers.

    Copier finds no git there, which it would run once for each file.
    """

    def render_with(**answers: str | bool) -> Project:
        with plumbum.local.env(PATH=""):
            result = copie.copy(answers, template_dir=hookless_source)
        if result.exception:
            raise result.exception
        assert result.exit_code == 0
        recorded: dict[str, Any] = result.answers
        assert recorded | answers == recorded
        assert result.project_dir is not None
        return Project(result.project_dir)

    return render_with


@pytest.fixture
def render(
    render_anew: "Callable[..., Project]",
    shared: Shared,
    tmp_path_factory: pytest.TempPathFactory,
) -> "Callable[..., Project]":
    """Return a function that renders equal answers only once, and copies the render."""

    def render_with(**answers: str | bool) -> Project:
        target = tmp_path_factory.mktemp("render") / "project"
        copy_tree(shared.rendered(answers, render_anew).path, target)
        return Project(target)

    return render_with


@pytest.fixture(scope="session")
def shared(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Shared:
    """Return what the workers of this run share."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    return Shared(folder / "shared", source)


@pytest.fixture(scope="session")
def built(shared: Shared) -> Project:
    """Return the default project, installed.

    Read it, but change and run things in `project`: other workers use this one too.
    """
    return shared.installed(shared.copied({}))


@pytest.fixture(scope="session")
def built_with_tasks_and_websockets(shared: Shared) -> Project:
    """Return a project with Celery and Channels, installed."""
    answers: Answers = {"use_celery": True, "use_channels": True}
    return shared.installed(shared.copied(answers))


@pytest.fixture
def live(built_with_tasks_and_websockets: Project, tmp_path: Path) -> "Iterator[Live]":
    """Return that project, migrated, with a Redis of its own that runs."""
    project = built_with_tasks_and_websockets.copy_to(tmp_path / "project")
    (project.path / ".env").unlink(missing_ok=True)
    database = own_database(project)
    with redis_server(tmp_path / "redis") as (redis, url):
        env = production() | {
            "ENVIRONMENT": "staging",
            "ALLOWED_HOSTS": "127.0.0.1",
            "DATABASE_URL": database,
            "REDIS_URL": url,
            "EMAIL_URL": "smtp://127.0.0.1:1",
            "EMAIL_FROM": "noreply@example.com",
            "THROTTLE_LOGIN": "9999/minute",
            "CELERY_CONCURRENCY": "2",
        }
        project.manage("migrate", "--verbosity", "0", env=env)
        yield Live(project, env, tmp_path, redis)


@pytest.fixture
def project(built: Project, tmp_path: Path) -> Project:
    """Return a copy of the built project that uses its environment."""
    return built.copy_to(tmp_path / "project")


@pytest.fixture
def render_project(
    render: "Callable[..., Project]", built: Project
) -> "Callable[..., Project]":
    """Return a function that renders other answers, to run in the built environment."""

    def render_with(**answers: str | bool) -> Project:
        project = render(**answers)
        shared = Project(project.path, environment=built.environment)
        shared.run("uv", "lock")
        return shared

    return render_with
