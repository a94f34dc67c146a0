"""Equal projects are tested once per run, and different ones never taken for equal."""

from typing import TYPE_CHECKING

import pytest

from tests.project import Project, git
from tests.renders import ANSWERS_FILE
from tests.shared import Shared

if TYPE_CHECKING:
    from pathlib import Path

COUNT = ("sh", "-c", "echo run >> ../runs")


@pytest.fixture
def own(tmp_path: "Path") -> Shared:
    return Shared(tmp_path / "shared", tmp_path)


def repository(path: "Path", **files: str) -> Project:
    path.mkdir()
    git(path, "init", "--quiet")
    (path / ".gitignore").write_text("ignored\n")
    for name, text in files.items():
        (path / name).write_text(text)
    return Project(path)


def runs(folder: "Path") -> int:
    return len((folder / "runs").read_text().splitlines())


def test_an_equal_project_is_not_tested_again(own: Shared, tmp_path: "Path") -> None:
    first = repository(tmp_path / "first", code="x = 1\n", ignored="a")
    second = repository(tmp_path / "second", code="x = 1\n", ignored="b")
    (second.path / ANSWERS_FILE).write_text("_src_path: /elsewhere\n")
    own.prove(first, *COUNT, env={"DATABASE_URL": "postgres://one"})
    own.prove(second, *COUNT, env={"DATABASE_URL": "postgres://two"})
    assert runs(tmp_path) == 1


def test_another_tree_lock_command_or_service_is_tested(
    own: Shared, tmp_path: "Path"
) -> None:
    project = repository(tmp_path / "first", code="x = 1\n")
    own.prove(project, *COUNT)
    own.prove(project, *COUNT, env={"DATABASE_URL": "postgres://one"})
    own.prove(project, *COUNT[:2], f"{COUNT[2]} ")
    (project.path / "uv.lock").write_text("version = 1\n")
    own.prove(project, *COUNT)
    (project.path / "code").rename(project.path / "moved")
    own.prove(project, *COUNT)
    assert runs(tmp_path) == 5


def test_a_failure_is_not_a_proof(own: Shared, tmp_path: "Path") -> None:
    project = repository(tmp_path / "first")
    for _ in range(2):
        with pytest.raises(AssertionError, match="broken"):
            own.prove(project, "sh", "-c", "echo run >> ../runs; echo broken; false")
    assert runs(tmp_path) == 2
