"""Versions of the template, the projects made from them, and their updates."""

import ast
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import plumbum
from copier import Settings, run_copy, run_update

from tests.options import read_facts
from tests.project import (
    REPOSITORY,
    SOURCE_PATHS,
    Project,
    copier,
    copy_tree,
    git,
    run,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

SMALL = (
    "{{ _copier_conf.answers_file }}",
    ".editorconfig",
    ".env.example",
    ".gitattributes",
    ".gitignore",
    ".gitlab-ci.yml",
    ".github/workflows/ci.yml",
    "LICENSE",
    "apps/users/managers.py",
    "apps/users/tests/test_models.py",
    "config/urls.py",
    "docs/lists.md",
    "renovate.json",
    *(file for facts in read_facts().values() for file in facts.small),
)
"""Files in which every option shows; a render of them takes a fraction of the time."""


def commit(path: "Path", message: str, tag: str = "") -> None:
    git(path, "add", "-A")
    git(path, "commit", "--quiet", "--allow-empty", "-m", message)
    if tag:
        git(path, "tag", tag)


def replace_text(file: "Path", old: str, new: str) -> None:
    """Replace a text once; no old text appends the new one."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    changed = text.replace(old, new, 1) if old else text + new
    file.write_text(changed, encoding="utf-8")


def copy_files(source: "Path", target: "Path", files: "Iterable[str]") -> None:
    """Copy the template with only these files, which are named as rendered."""
    copy_tree(source / "extensions", target / "extensions")
    shutil.copy(source / "copier.yml", target)
    for name in files:
        folder = (target / "template" / name).parent
        folder.mkdir(parents=True, exist_ok=True)
        plain = source / "template" / name
        shutil.copy(
            plain if plain.exists() else plain.with_name(f"{plain.name}.jinja"),
            folder,
        )


@dataclass(frozen=True)
class Template:
    """A repository of the template, with its versions as tags."""

    path: "Path"

    @classmethod
    def make(
        cls, source: "Path", target: "Path", files: "Iterable[str]" = ()
    ) -> "Template":
        """Make v1.0.0 of the source, with all its files or only some."""
        if files:
            copy_files(source, target, files)
        else:
            copy_tree(source, target)
        git(target, "init", "--quiet")
        template = cls(target)
        template.release("v1.0.0")
        return template

    def file(self, path: str) -> "Path":
        """Return a file of the template; its folder is made."""
        file = self.path / "template" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        return file

    def move(self, old: str, new: str) -> None:
        """Move a file, or a folder, and tell the hook."""
        self.file(new)
        git(self.path, "mv", f"template/{old}", f"template/{new}")
        self.tell_of_move(old, new)

    def tell_of_move(self, old: str, new: str) -> None:
        """Add an entry at the end of the hook's table of moves."""
        table = self.path / "extensions/update/history.py"
        text = table.read_text()
        start, mark, rest = text.partition(
            "MOVES: Final[tuple[tuple[str, str], ...]] = "
        )
        assert mark
        entries, end, rest = rest.partition('\n"""')
        values = (*ast.literal_eval(entries), (old, new))
        table.write_text(f"{start}{mark}{values!r}{end}{rest}")

    def release(self, version: str) -> None:
        commit(self.path, version, version)

    def copy(self, target: "Path", version: str, **answers: str | bool) -> Project:
        run_copy(
            str(self.path),
            target,
            data=answers,
            vcs_ref=version,
            defaults=True,
            unsafe=True,
            quiet=True,
            settings=Settings(),
        )
        return Project(target)


def past_and_present(source: "Path", folder: "Path", before: str) -> Template:
    """Return a repository with a commit of this one as v1.0.0, and the work tree after it."""
    template = folder / "template"
    template.mkdir()
    git(template, "init", "--quiet")
    archive = folder / "before.tar"
    git(REPOSITORY, "archive", "--output", archive, before, *SOURCE_PATHS)
    run("tar", "-xf", archive, "-C", template)
    commit(template, "Before", "v1.0.0")
    git(template, "rm", "--quiet", "-r", ".")
    shutil.copytree(source, template, dirs_exist_ok=True)
    commit(template, "Now", "v2.0.0")
    return Template(template)


def update(project: Project, **answers: str | bool) -> str:
    """Update in this process, and return the report."""
    report = project.path.parent / f"{project.path.name}-report.md"
    report.unlink(missing_ok=True)
    with plumbum.local.env(DJANGO_ARCH_REPORT=str(report)):
        run_update(
            project.path,
            data=answers,
            defaults=True,
            overwrite=True,
            unsafe=True,
            quiet=True,
            settings=Settings(),
        )
    return report.read_text()


def command(project: Project, *options: str, check: bool = True) -> list[str]:
    """Update by the command, and return what it says."""
    result = copier(
        *("update", "--trust", "--defaults", *options),
        cwd=project.path,
        check=check,
        env={"COLUMNS": "200"},
    )
    return [line.strip() for line in result.stderr.splitlines()]


def unmerged(project: Project) -> list[str]:
    """Return the paths git shows as conflicts."""
    diff = ("diff", "--name-only", "--diff-filter=U", "-z")
    return sorted(set(filter(None, git(project.path, *diff).split("\0"))))


def state(project: Project) -> dict[str, bytes]:
    """Return the files that git shows or would add."""
    listed = git(project.path, "ls-files", "-z", "-co", "--exclude-standard")
    files = {name: project.path / name for name in filter(None, listed.split("\0"))}
    return {name: file.read_bytes() for name, file in files.items() if file.is_file()}


def disk(folder: "Path") -> dict[str, tuple[int, bytes]]:
    """Return mode and content of every file below a folder outside `.git`."""
    return {
        str(path.relative_to(folder)): (
            path.lstat().st_mode,
            os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes(),
        )
        for path in sorted(folder.rglob("*"))
        if ".git" not in path.parts and (path.is_symlink() or path.is_file())
    }
