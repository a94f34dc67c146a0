"""The default project passes its own gates in its own environment."""

import tomllib
from typing import TYPE_CHECKING

import pytest

from tests.project import REPOSITORY, production
from tests.shared import TARGETS

if TYPE_CHECKING:
    from tests.project import Project
    from tests.shared import Shared

# With the types of the libraries from the last run, mypy takes a quarter of the time.
CACHES = {"MYPY_CACHE_DIR": str(REPOSITORY / ".mypy_cache" / "generated")}


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
def test_no_comment_disables_a_rule(project: "Project", mark: str) -> None:
    files = {path: text.decode() for path, text in project.files().items()}
    assert [path for path, text in files.items() if f"# {mark}" in text] == []


def test_types_are_checked_strictly(project: "Project") -> None:
    settings = tomllib.loads(project.read("pyproject.toml"))["tool"]["mypy"]
    assert settings["strict"] is True


LINTED = '''\
from pprint import pprint


class Refund:
    def pay(self, amount):
        # TODO: pay it back
        # FIXME: also in parts
        print(amount)  # XXX
        pprint(amount)  # HACK


def refund(*orders: object, **options):
    """pay orders back"""
    return orders, options
'''
RULES = {
    *("ANN001", "ANN003", "ANN201", "D100", "D101", "D102", "D403", "D415"),
    *("FIX001", "FIX002", "FIX003", "FIX004", "T201", "T203"),
}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (LINTED, RULES),
        ("import os\n", {"F401"}),
        ("VALUE = (1,2)\n", {"unformatted"}),
    ],
    ids=["quality", "style", "format"],
)
def test_lint_reports_planted_violations(
    project: "Project", code: str, expected: set[str]
) -> None:
    (project.path / "apps" / "core" / "planted.py").write_text(code)
    result = project.run("make", "lint", check=False)
    assert result.returncode
    assert {text for text in expected if text not in result.stdout} == set()


@pytest.mark.parametrize("target", TARGETS)
def test_a_gate_passes(shared: "Shared", project: "Project", target: str) -> None:
    shared.prove(project, "make", target, caches=CACHES)


def test_the_system_check_passes_locally(project: "Project") -> None:
    project.manage("check", "--fail-level", "WARNING")


def test_the_deployment_check_passes_in_staging(project: "Project") -> None:
    """The target `deploy` above checks production."""
    project.manage(
        *("check", "--deploy", "--fail-level", "WARNING"),
        env=production() | {"ENVIRONMENT": "staging"},
    )


def test_the_lock_needs_no_change(built: "Project") -> None:
    built.run("uv", "lock", "--check")
