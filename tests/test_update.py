"""A change of the template reaches an edited project, and the edits stay."""

import shutil
from typing import TYPE_CHECKING

import pytest
from copier import Settings, run_copy, run_update

from tests.project import (
    REPOSITORY,
    SOURCE_PATHS,
    Project,
    copier,
    copy_tree,
    git,
    run,
)
from tests.test_hostile_answers import EVERYTHING, QUESTIONS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def commit(path: "Path", message: str, tag: str = "") -> None:
    git(path, "add", "-A")
    git(path, "commit", "--quiet", "--allow-empty", "-m", message)
    if tag:
        git(path, "tag", tag)


def copy_version(
    template: "Path", target: "Path", version: str, **answers: str
) -> Project:
    run_copy(
        str(template),
        target,
        data=answers,
        vcs_ref=version,
        defaults=True,
        unsafe=True,
        quiet=True,
        settings=Settings(),
    )
    return Project(target)


def update(project: Project, **answers: str) -> None:
    run_update(
        project.path,
        data=answers,
        defaults=True,
        overwrite=True,
        unsafe=True,
        quiet=True,
        settings=Settings(),
    )


@pytest.fixture
def template(source: "Path", tmp_path: "Path") -> "Path":
    """Return a repository that holds the work tree as v1.0.0."""
    repository = tmp_path / "template"
    copy_tree(source, repository)
    git(repository, "init", "--quiet")
    commit(repository, "First", "v1.0.0")
    return repository


def replace_text(file: "Path", old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    changed = text.replace(old, new, 1) if old else text + new
    file.write_text(changed, encoding="utf-8")


type Release = Callable[[str, dict[str, tuple[str, str]]], None]


@pytest.fixture
def release(template: "Path") -> Release:
    """Return a function that replaces text in the template's files and tags the result.

    No old text appends the new one, and makes the file if there is none.
    """

    def release_version(version: str, changes: dict[str, tuple[str, str]]) -> None:
        for path, (old, new) in changes.items():
            file = template / "template" / path
            file.parent.mkdir(exist_ok=True)
            file.touch()
            replace_text(file, old, new)
        commit(template, version, version)

    return release_version


def test_an_update_brings_the_change_and_keeps_the_edits(
    template: "Path", release: Release, tmp_path: "Path"
) -> None:
    project = copy_version(template, tmp_path / "shop", "v1.0.0")
    commit(project.path, "Start")
    lock = project.read("uv.lock")
    replace_text(project.path / "config/urls.py", "urlpatterns", "# Ours.\nurlpatterns")
    replace_text(project.path / "README.md", "", "\nOurs.\n")
    (project.path / "shop.py").write_text("PRICE = 1\n")
    (project.path / "apps" / "users" / "tests" / "test_models.py").unlink()
    commit(project.path, "Edit")

    release(
        "v2.0.0",
        {
            "planted/news.md": ("", "News.\n"),
            "pyproject.toml.jinja": (
                "dependencies = [\n",
                'dependencies = [\n    "asgiref>=3.9.0",\n',
            ),
            "LICENSE.jinja": ("to whom the Software is", "to whom our Software is"),
            "apps/users/tests/test_models.py": ("", "\n# More.\n"),
        },
    )
    update(project)

    assert project.read("planted/news.md") == "News.\n"
    assert "to whom our Software is" in project.read("LICENSE")
    assert '"asgiref>=3.9.0"' in project.read("pyproject.toml")
    assert "# Ours.\n" in project.read("config/urls.py")
    assert project.read("README.md").endswith("\nOurs.\n")
    assert project.read("shop.py") == "PRICE = 1\n"
    assert not (project.path / "apps/users/tests/test_models.py").exists()
    assert git(project.path, "diff", "--name-only", "--diff-filter=U") == ""
    assert project.read("uv.lock") != lock
    project.run("uv", "lock", "--check")

    commit(project.path, "Update")
    update(project)
    assert git(project.path, "status", "--porcelain") == ""


def test_an_update_from_the_commit_before_equals_a_fresh_copy(
    source: "Path", tmp_path: "Path"
) -> None:
    """The commit before is the newest whose template differs from the work tree."""
    template = tmp_path / "template"
    template.mkdir()
    git(template, "init", "--quiet")
    before = commit_before()
    archive = tmp_path / "before.tar"
    git(REPOSITORY, "archive", "--output", archive, before, *SOURCE_PATHS)
    run("tar", "-xf", archive, "-C", template)
    commit(template, "Before", "v1.0.0")
    git(template, "rm", "--quiet", "-r", ".")
    shutil.copytree(source, template, dirs_exist_ok=True)
    commit(template, "Now", "v2.0.0")

    project = copy_version(template, tmp_path / "shop", "v1.0.0")
    commit(project.path, "Start")
    replace_text(
        project.path / "LICENSE", "copies of the Software", "copies of our Software"
    )
    (project.path / "shop.py").write_text("PRICE = 1\n")
    commit(project.path, "Edit")
    update(project)

    fresh = copy_version(template, tmp_path / "fresh", "v2.0.0")
    replace_text(
        fresh.path / "LICENSE", "copies of the Software", "copies of our Software"
    )
    (fresh.path / "shop.py").write_text("PRICE = 1\n")
    updated, expected = project.tracked(), fresh.tracked()
    assert set(updated) == set(expected)
    assert [path for path in updated if updated[path] != expected[path]] == []


def test_an_update_keeps_hostile_answers(
    template: "Path", release: Release, tmp_path: "Path"
) -> None:
    answers = dict.fromkeys(QUESTIONS, EVERYTHING)
    project = copy_version(template, tmp_path / "shop", "v1.0.0", **answers)
    commit(project.path, "Start")
    release("v2.0.0", {"planted/news.md": ("", "News.\n")})
    update(project)
    changed = git(project.path, "status", "--porcelain").splitlines()
    assert sorted(changed) == [" M .copier-answers.yml", "?? planted/"]


def test_a_conflict_is_reported_and_leaves_the_lock_alone(
    template: "Path", release: Release, tmp_path: "Path"
) -> None:
    project = copy_version(template, tmp_path / "shop", "v1.0.0")
    replace_text(project.path / "LICENSE", "MIT License", "Their License")
    commit(project.path, "Edit")
    release(
        "v2.0.0",
        {"LICENSE.jinja": ("MIT License", "Our License")},
    )
    result = copier("update", "--trust", "--defaults", cwd=project.path)
    report = [line.strip() for line in result.stderr.splitlines()]
    assert "LICENSE" in report
    assert any("1 file(s) in conflict" in line for line in report)
    assert "UU LICENSE" in git(project.path, "status", "--porcelain")
    assert git(project.path, "diff", "--name-only", "--", "uv.lock") == ""


def test_an_update_without_conflict_says_what_to_do_next(
    template: "Path", release: Release, tmp_path: "Path"
) -> None:
    project = copy_version(template, tmp_path / "shop", "v1.0.0")
    commit(project.path, "Start")
    release("v2.0.0", {"planted/news.md": ("", "News.\n")})
    result = copier("update", "--trust", "--defaults", cwd=project.path)
    report = [line.strip() for line in result.stderr.splitlines()]
    assert "uv.lock is up to date." in report
    assert "Look at `git diff`, run the tests, then commit." in report


def test_a_bad_answer_in_an_update_changes_nothing(
    template: "Path", release: Release, tmp_path: "Path"
) -> None:
    project = copy_version(template, tmp_path / "shop", "v1.0.0")
    commit(project.path, "Start")
    release("v2.0.0", {"planted/news.md": ("", "News.\n")})
    result = copier(
        *("update", "--trust", "--defaults", "-d", "author_email=nobody"),
        cwd=project.path,
        check=False,
    )
    assert result.returncode == 1
    assert "author_email must be an e-mail address" in result.stderr.splitlines()[-1]
    assert git(project.path, "status", "--porcelain") == ""


def commit_before() -> str:
    history = git(REPOSITORY, "log", "--format=%H", "--", *SOURCE_PATHS).split()
    for candidate in history:
        changed = ("diff", "--quiet", candidate, "--", *SOURCE_PATHS)
        if run("git", *changed, cwd=REPOSITORY, check=False).returncode:
            return candidate
    pytest.skip("the repository has no earlier version of the template")
