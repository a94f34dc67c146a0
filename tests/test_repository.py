"""What we write ourselves follows the rules we ask of others."""

import re
import tomllib
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.project import REPOSITORY, copy_tree, git, questions, run, tool

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.project import Project


@pytest.mark.parametrize(
    "command",
    [("ruff", "check", "--no-fix", "."), ("ruff", "format", "--check", "."), ("mypy",)],
    ids=" ".join,
)
def test_our_own_code_is_clean(command: tuple[str, ...]) -> None:
    run(tool(command[0]), *command[1:], cwd=REPOSITORY)


def test_our_rules_are_those_of_the_generated_project() -> None:
    ours = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["ruff"]
    theirs = tomllib.loads((REPOSITORY / "tests" / "ruff-and-pytest.toml").read_text())
    asked = set(theirs["tool"]["ruff"]["lint"]["select"])
    assert asked | {"D", "ANN"} == set(ours["lint"]["select"])
    assert set(ours["lint"]["ignore"]) < set(theirs["tool"]["ruff"]["lint"]["ignore"])


def test_the_template_reads_as_python(
    render: "Callable[..., Project]", tmp_path: "Path"
) -> None:
    """A `.py.jinja` is Python in which the answers are names that nobody defined.

    Both branches of an option stand in it, so names and imports come twice.
    """
    work = tmp_path / "work"
    copy_tree(REPOSITORY / "template", work)
    for file in work.rglob("*.py.jinja"):
        file.rename(file.with_suffix(""))
    (work / "pyproject.toml").write_text(render().read("pyproject.toml"))
    answers = [*questions(), "pins", "python_string"]
    names = ("--config", f"builtins = {answers}")
    twice = ("--extend-ignore", "F811,I001")
    run(tool("ruff"), "check", "--no-fix", *names, *twice, ".", cwd=work)


def test_the_lock_is_current() -> None:
    run("uv", "lock", "--check", cwd=REPOSITORY)


def test_the_workflows_are_valid_and_safe() -> None:
    workflows = sorted((REPOSITORY / ".github" / "workflows").glob("*.yml"))
    assert workflows
    schema = ("--builtin-schema", "vendor.github-workflows")
    run(tool("check-jsonschema"), *schema, *workflows)
    run(
        tool("zizmor"),
        "--offline",
        "--no-progress",
        *workflows,
    )
    for workflow in workflows:
        text = workflow.read_text()
        assert yaml.safe_load(text)["permissions"] == {}
        for action in re.findall(r"uses: (.+)", text):
            assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action)


def test_the_services_of_ci_have_the_default_versions() -> None:
    workflow = (REPOSITORY / ".github" / "workflows" / "ci.yml").read_text()
    script = (REPOSITORY / ".ci" / "run").read_text()
    postgres = questions()["postgres_version"]["default"]
    assert f"image: postgres:{postgres}\n" in workflow
    assert f"linux-x64@{postgres}." in script
    assert f"image: redis:{questions()['redis_version']['default']}\n" in workflow


def test_the_ci_script_is_valid_bash() -> None:
    run("bash", "-n", REPOSITORY / ".ci" / "run")


def test_every_text_file_is_tidy() -> None:
    for name in git(REPOSITORY, "ls-files", "-z").split("\0"):
        path = REPOSITORY / name
        if name and path.is_file() and path.stat().st_size:
            text = path.read_text()
            assert text.endswith("\n"), name
            assert not text.endswith("\n\n"), name
            assert not re.search(r"[ \t\r]$", text, re.MULTILINE), name


def test_the_changelog_has_an_unreleased_part_that_says_what_an_update_asks() -> None:
    changelog = (REPOSITORY / "CHANGELOG.md").read_text()
    _, _, unreleased = changelog.partition("\n## [Unreleased]\n")
    assert "\n### On update\n" in unreleased.partition("\n## [")[0]
