"""The default project passes its own gates in an environment of its own."""

import tomllib
from typing import TYPE_CHECKING

import pytest

from tests.project import REPOSITORY, production

if TYPE_CHECKING:
    from tests.project import Project

STRICTER = (
    *("ruff", "check", "--no-fix", "--extend-select", "T20,D,ANN"),
    *("--config", 'lint.pydocstyle.convention="google"', "apps", "config"),
    *("--exclude", "tests"),
)


def test_the_ruff_and_pytest_tables_are_exact(project: "Project") -> None:
    expected = tomllib.loads(
        (REPOSITORY / "tests" / "ruff-and-pytest.toml").read_text()
    )["tool"]
    rendered = tomllib.loads(project.read("pyproject.toml"))["tool"]
    lint = rendered["ruff"]["lint"]
    assert lint.pop("pep8-naming", {"extend-ignore-names": ["gunicorn.conf"]}) == {
        "extend-ignore-names": ["gunicorn.conf"]
    }
    migrations = {"**/migrations/*.py": ["RUF012"]}
    assert lint.pop("extend-per-file-ignores", migrations) == migrations
    assert rendered["ruff"] == expected["ruff"]
    assert rendered["pytest"] == expected["pytest"]


@pytest.mark.parametrize("mark", ["noqa", "type: ignore", "pragma: no cover"])
def test_no_rule_is_switched_off_in_a_line(project: "Project", mark: str) -> None:
    files = {path: text.decode() for path, text in project.files().items()}
    assert [path for path, text in files.items() if f"# {mark}" in text] == []


@pytest.mark.parametrize(
    "command",
    [
        ("ruff", "check", "--no-fix", "."),
        ("ruff", "format", "--check", "."),
        STRICTER,
        ("mypy", "--strict", "."),
        ("manage.py", "makemigrations", "--check", "--dry-run"),
        ("manage.py", "check", "--fail-level", "WARNING"),
        ("manage.py", "spectacular", "--validate", "--fail-on-warn", "--file", "x.yml"),
    ],
    ids=lambda command: " ".join(command[:3]),
)
def test_a_gate_passes(project: "Project", command: tuple[str, ...]) -> None:
    project.uv_run(*command)


@pytest.mark.parametrize("environment", ["production", "staging"])
def test_the_deployment_check_passes(project: "Project", environment: str) -> None:
    project.manage(
        *("check", "--deploy", "--fail-level", "WARNING"),
        env=production() | {"ENVIRONMENT": environment},
    )


def test_the_lock_needs_no_change(built: "Project") -> None:
    built.run("uv", "lock", "--check")
