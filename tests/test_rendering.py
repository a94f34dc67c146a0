"""A render is repeatable, and git would track all of it."""

import re
from typing import TYPE_CHECKING

import pytest

from tests.cleanliness import problems
from tests.options import read_facts
from tests.project import REPOSITORY, git, run, tool

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.project import Project

ARCHITECTURE = """
    apps/__init__.py apps/core/__init__.py apps/core/exceptions.py
    apps/core/pagination.py apps/core/permissions.py apps/core/middleware.py
    apps/core/healthcheck.py apps/core/tests/__init__.py apps/users/__init__.py
    apps/users/admin.py apps/users/apps.py apps/users/models.py
    apps/users/serializers.py apps/users/views.py apps/users/urls.py
    apps/users/permissions.py apps/users/services.py apps/users/selectors.py
    apps/users/tests/__init__.py apps/users/tests/factories.py
    apps/users/tests/test_models.py apps/users/tests/test_views.py
    apps/users/tests/test_services.py config/__init__.py config/settings.py
    config/urls.py config/asgi.py config/wsgi.py config/gunicorn.conf.py
    tests/__init__.py tests/conftest.py nginx/nginx.conf pyproject.toml Dockerfile
    docker-compose.yml manage.py .env.example .gitignore .dockerignore
"""


def test_every_path_of_the_architecture_exists(
    render: "Callable[..., Project]",
) -> None:
    files = set(render().files())
    assert set(ARCHITECTURE.split()) - files == set()


def test_nothing_that_git_ignores_is_rendered(render: "Callable[..., Project]") -> None:
    project = render()
    git(project.path, "init", "--quiet")
    ignored = ("ls-files", "--others", "--ignored", "--exclude-standard")
    assert git(project.path, *ignored) == ""


def test_two_renders_of_the_same_answers_are_equal(
    render_anew: "Callable[..., Project]",
) -> None:
    first, second = render_anew(), render_anew()
    assert first.path != second.path
    assert first.files() == second.files()


def test_only_the_licence_and_the_answers_hold_a_year(
    render: "Callable[..., Project]",
) -> None:
    now, then = render().files(), render(copyright_year="1999").files()
    changed = {path for path in now if now[path] != then[path]}
    assert changed == {".copier-answers.yml", "LICENSE"}


def test_time_is_read_once_for_a_recorded_answer() -> None:
    found = run("grep", "-rnE", r"\{%-? *now", *sources()).stdout.splitlines()
    assert len(found) == 1
    assert found[0].startswith(f"{REPOSITORY / 'copier.yml'}:")


def test_no_file_knows_the_template_version_or_its_own_place() -> None:
    words = r"_copier_conf|_copier_answers|_folder_name|_copier_python|random"
    found = run("grep", "-rlE", words, REPOSITORY / "template", check=False).stdout
    paths = [
        path
        for path in found.splitlines()
        if path.endswith(".jinja") and re.search(rf"\{{[{{%].*({words})", read(path))
    ]
    answers_file = REPOSITORY / "template/{{ _copier_conf.answers_file }}.jinja"
    assert paths == [str(answers_file)]


def test_the_lock_of_a_default_project_has_no_word_of_what_it_lacks(
    built: "Project",
) -> None:
    lock = built.read("uv.lock")
    words = [word for facts in read_facts().values() for word in facts.words]
    assert [word for word in words if re.search(word, lock, re.IGNORECASE)] == []


@pytest.mark.parametrize(
    ("path", "content", "problem"),
    [
        ("a.py", b"x = {{ project_slug }}\n", "leftover Jinja"),
        ("a.py", b"# % if use_x\n", "leftover Jinja"),
        ("a.md", b"{% endif %}\n", "leftover Jinja"),
        ("a.py", b"x = 1 \n", "trailing space"),
        ("a.py", b"x = 1", "one newline"),
        ("a.py", b"x = 1\n\n", "one newline"),
        ("a.py", b"x = 1\r\n", "carriage return"),
        ("a.py.jinja", b"x = 1\n", "template suffix"),
        ("a.toml", b"x = \n", "does not parse"),
        ("a.yml", b"x: 'y\n", "does not parse"),
        ("a.json", b"{,}\n", "does not parse"),
    ],
)
def test_a_planted_blemish_is_found(path: str, content: bytes, problem: str) -> None:
    assert any(problem in found for found in problems({path: content}))


def test_a_workflow_expression_is_not_a_leftover() -> None:
    assert problems({"ci.yml": b"run: ${{ github.sha }}\n"}) == []


def test_a_planted_violation_fails_the_lint(render: "Callable[..., Project]") -> None:
    project = render()
    (project.path / "apps" / "planted.py").write_text("import os\n\nprint( 'x' )\n")
    ruff = tool("ruff")
    assert project.run(ruff, "check", "--no-fix", ".", check=False).returncode == 1
    assert project.run(ruff, "format", "--check", ".", check=False).returncode == 1


def sources() -> "list[Path]":
    return [REPOSITORY / "copier.yml", REPOSITORY / "template"]


def read(path: str) -> str:
    return (REPOSITORY / path).read_text(encoding="utf-8")
