"""What we write ourselves follows the rules we ask of others."""

import os
import re
import shutil
import tomllib
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.options import questions
from tests.project import REPOSITORY, copy_tree, git, run, tool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
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
    """A `.py.jinja` is Python with undefined names for the answers.

    It has both branches of an option, so names and imports occur twice, and the imports of
    the second branch follow code of the first.
    """
    work = tmp_path / "work"
    copy_tree(REPOSITORY / "template", work)
    for file in work.rglob("*.py.jinja"):
        file.rename(file.with_suffix(""))
    (work / "pyproject.toml").write_text(render().read("pyproject.toml"))
    answers = [*questions(), "pins", "python_string"]
    names = ("--config", f"builtins = {answers}")
    twice = ("--extend-ignore", "E402,F811,I001")
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


def test_ci_runs_the_three_parts_of_the_script_in_half_an_hour_each() -> None:
    workflow = (REPOSITORY / ".github" / "workflows" / "ci.yml").read_text()
    jobs = yaml.safe_load(workflow)["jobs"]
    for part, job in jobs.items():
        assert job["steps"][-1]["run"] == f".ci/run {part}"
        assert job["timeout-minutes"] <= 30
    script = (REPOSITORY / ".ci" / "run").read_text()
    parts = re.search(r'case "\$part" in\n(.+) \| all\)', script)
    assert parts
    assert parts[1].split(" | ") == list(jobs)


def test_ci_and_the_readme_have_the_default_versions() -> None:
    workflow = (REPOSITORY / ".github" / "workflows" / "ci.yml").read_text()
    script = (REPOSITORY / ".ci" / "run").read_text()
    postgres = questions()["postgres_version"]["default"]
    assert f"image: postgres:{postgres}\n" in workflow
    assert f"linux-x64@{postgres}." in script
    assert f"image: redis:{questions()['redis_version']['default']}\n" in workflow
    readme = (REPOSITORY / "README.md").read_text()
    for name in ("postgres_version", "redis_version"):
        assert f"| `{name}` | {questions()[name]['default']} |" in readme


@pytest.mark.parametrize(
    "script",
    [".ci/run", ".ci/versions", ".ci/release-notes", "template/.ci/template-update"],
)
def test_a_script_is_valid_bash(script: str) -> None:
    run("bash", "-n", REPOSITORY / script)


@pytest.mark.parametrize("command", [".ci/run", ".ci/versions", ".ci/release-notes"])
def test_a_script_rejects_unknown_arguments(command: str) -> None:
    """Before it installs or renders anything."""
    result = run(REPOSITORY / command, "nothing", check=False)
    assert result.returncode in {1, 2}
    assert len(result.stderr.splitlines()) == 1


def test_every_text_file_is_tidy() -> None:
    for name in git(REPOSITORY, "ls-files", "-z").split("\0"):
        path = REPOSITORY / name
        if name and path.is_file() and path.stat().st_size:
            text = path.read_text()
            assert text.endswith("\n"), name
            assert not text.endswith("\n\n"), name
            assert not re.search(r"[ \t\r]$", text, re.MULTILINE), name


type Owned = dict[str, frozenset[str]]
"""Rendered path to the conditions under which `_exclude` leaves it out."""

CHANGELOG = """\
# Changelog

## [Unreleased]
{unreleased}
## [1.0.0] - 2026-01-01

### On update

- Nothing.
"""


def owned(files: list[str], questionnaire: str) -> Owned:
    """Return what files below template/ are rendered to, and who owns them."""
    patterns = yaml.safe_load(questionnaire)["_exclude"]
    entry = re.compile(r"\{% if (.+?) %\}/?(.+)\{% endif %\}")
    entries = [found.groups() for text in patterns if (found := entry.match(text))]
    paths = [path.removeprefix("template/").removesuffix(".jinja") for path in files]
    return {
        path: frozenset(
            condition
            for condition, name in entries
            if path == name or path.startswith(f"{name}/")
        )
        for path in paths
    }


def notes(changelog: str) -> list[str]:
    """Return the bullets of every "On update" part."""
    parts = re.findall(r"^### On update\n(.*?)(?=^##|\Z)", changelog, re.M | re.S)
    return re.findall(r"^- (.+)", "\n".join(parts), re.MULTILINE)


def changelog_problems(changelog: str) -> "Iterator[str]":
    if "\n## [Unreleased]\n" not in changelog:
        yield "there is no section [Unreleased]"
    for section in re.split(r"^## ", changelog, flags=re.MULTILINE)[1:]:
        title = section.partition("\n")[0]
        released = re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", title)
        if not released and title != "[Unreleased]":
            yield f"{title} is not a version with a date"
        if released and not notes(f"## {section}"):
            yield f"{title} does not say what to do on update"
    for note in notes(changelog):
        option = re.match(r"([a-z_]+):", note)
        if option and option[1] not in questions():
            yield f"{option[1]} is not a question"


def unsaid(old: Owned, new: Owned, since: str) -> list[str]:
    """Return the files that projects lose without a word in the changelog.

    A file that an option owns now is lost to those who have not chosen that.

    Args:
        old: What the last release renders.
        new: What the work tree renders.
        since: The changelog's sections after that release.
    """
    if any(not note.startswith("Nothing") for note in notes(since)):
        return []
    return sorted(path for path in old if path not in new or new[path] - old[path])


def test_the_changelog_is_well_formed() -> None:
    changelog = (REPOSITORY / "CHANGELOG.md").read_text()
    assert list(changelog_problems(changelog)) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("## [Unreleased]", "## Unreleased"),
        ("## [1.0.0] - 2026-01-01", "## 1.0.0"),
        ("- Nothing.", ""),
        ("- Nothing.", "- use_cellery: Restart the worker."),
    ],
)
def test_a_malformed_changelog_is_found(old: str, new: str) -> None:
    changelog = CHANGELOG.format(unreleased="")
    assert list(changelog_problems(changelog)) == []
    assert list(changelog_problems(changelog.replace(old, new)))


def test_the_changelog_tells_of_files_that_went() -> None:
    command = ("git", "describe", "--tags", "--abbrev=0", "--match", "v*")
    described = run(*command, cwd=REPOSITORY, check=False)
    if described.returncode:
        pytest.skip("nothing has been released yet")
    tag = described.stdout.strip()
    at_tag = git(REPOSITORY, "ls-tree", "-r", "--name-only", "-z", tag, "template/")
    questionnaire = git(REPOSITORY, "show", f"{tag}:copier.yml")
    old = owned(at_tag.rstrip("\0").split("\0"), questionnaire)
    listed = git(REPOSITORY, "ls-files", "-co", "--exclude-standard", "-z", "template/")
    files = [name for name in listed.split("\0") if (REPOSITORY / name).is_file()]
    new = owned(files, (REPOSITORY / "copier.yml").read_text())
    changelog = (REPOSITORY / "CHANGELOG.md").read_text()
    since = changelog.partition(f"\n## [{tag.removeprefix('v')}]")[0]
    assert unsaid(old, new, since) == []


@pytest.mark.parametrize(
    ("new", "lost"),
    [
        ({"a": "", "b": "not x"}, []),
        ({"a": "", "b": "not x", "c": ""}, []),
        ({"a": "", "b": ""}, []),
        ({"b": "not x"}, ["a"]),
        ({"docs/a": "", "b": "not x"}, ["a"]),
        ({"a": "not x", "b": "not y"}, ["a", "b"]),
    ],
    ids=["same", "new", "for all", "removed", "moved", "owned"],
)
def test_a_file_that_goes_wants_a_note(new: dict[str, str], lost: list[str]) -> None:
    def rendered(files: dict[str, str]) -> Owned:
        exclude = [
            f"{{% if {condition} %}}{path}{{% endif %}}"
            for path, condition in files.items()
            if condition
        ]
        names = [f"template/{path}.jinja" for path in files]
        return owned(names, yaml.safe_dump({"_exclude": exclude}))

    old = rendered({"a": "", "b": "not x"})
    for text, expected in (
        ("", lost),
        ("\n### On update\n", lost),
        ("\n### On update\n\n- Nothing.\n", lost),
        ("\n### On update\n\n- Move your edits of `a`.\n", []),
    ):
        since = CHANGELOG.format(unreleased=text).partition("\n## [1.0.0]")[0]
        assert unsaid(old, rendered(new), since) == expected


@pytest.mark.parametrize(
    ("tag", "passed", "complaint"),
    [
        ("v1.0.0", 1, ""),
        ("v1.0.0", 0, "CI has not passed"),
        ("v1.0.1", 1, "is not on main"),
        ("v1.0", 1, "is not a version"),
        ("v3.0.0", 1, "has no section [3.0.0]"),
        ("v2.0.0", 1, 'has no "On update" part'),
    ],
)
def test_a_release_is_published_with_its_notes(
    tmp_path: "Path", tag: str, passed: int, complaint: str
) -> None:
    repository = tmp_path / "repository"
    (repository / ".ci").mkdir(parents=True)
    shutil.copy(REPOSITORY / ".ci" / "release-notes", repository / ".ci")
    changelog = CHANGELOG.format(unreleased="\n## [2.0.0] - 2026-02-02\n\n- More.\n")
    (repository / "CHANGELOG.md").write_text(changelog)
    git(repository, "init", "--quiet")
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "-m", "First")
    git(repository, "update-ref", "refs/remotes/origin/main", "HEAD")
    if tag == "v1.0.1":
        git(repository, "commit", "--quiet", "--allow-empty", "-m", "Aside")

    gh = tmp_path / "bin" / "gh"
    gh.parent.mkdir()
    gh.write_text(
        f"#!/bin/sh\n"
        f'case "$1" in run) echo {passed} ;; release) echo "$@" && cat {tmp_path}/notes.md ;; esac\n'
    )
    gh.chmod(0o755)
    workflow = (REPOSITORY / ".github" / "workflows" / "release.yml").read_text()
    step = yaml.safe_load(workflow)["jobs"]["publish"]["steps"][-1]["run"]
    env = {
        "PATH": f"{gh.parent}{os.pathsep}{os.environ['PATH']}",
        "GITHUB_SHA": git(repository, "rev-parse", "HEAD").strip(),
        "GITHUB_REF_NAME": tag,
        "RUNNER_TEMP": str(tmp_path),
    }
    result = run("bash", "-e", "-c", step, cwd=repository, check=False, env=env)
    published = f"release create {tag} " in result.stdout
    assert (result.returncode == 0) is published is not bool(complaint)
    assert ("- Nothing." in result.stdout) is published
    assert complaint in result.stdout + result.stderr
