"""Refuse, before the first question, what an update cannot do in this repository."""

from __future__ import annotations

import os
import re
import shutil
from typing import TYPE_CHECKING

from .git import RefusedError, git, word, words
from .placement import PREFIX

if TYPE_CHECKING:
    from pathlib import Path

    from .repository import Repository

OLDEST_GIT = (2, 38)
"""The first version with `git merge-tree --write-tree`."""

UNFINISHED = {
    "MERGE_HEAD": "A merge",
    "CHERRY_PICK_HEAD": "A cherry-pick",
    "REVERT_HEAD": "A revert",
    "rebase-merge": "A rebase",
    "rebase-apply": "A rebase",
}


def check(repository: Repository, source: Path) -> None:
    """Refuse what cannot work.

    Copier has already refused a project folder with changes.

    Args:
        repository: The repository of the project.
        source: Copier's clone of the template.

    Raises:
        RefusedError: With the reason and what to do.
    """
    text = word(git("version"))
    found = re.search(r"(\d+)\.(\d+)", text)
    if not found or (int(found[1]), int(found[2])) < OLDEST_GIT:
        needed = ".".join(map(str, OLDEST_GIT))
        raise RefusedError(f"Updates need git {needed} or newer, and this is {text}.")
    for name, what in UNFINISHED.items():
        path = word(repository("rev-parse", "--git-path", name))
        if (repository.top / path).exists():
            raise RefusedError(f"{what} is in progress: finish or abort it first.")
    if words(repository("ls-files", "--unmerged", "-z")):
        raise RefusedError(
            "The repository has conflicts: resolve and commit them first."
        )
    lock = repository.index.with_name("index.lock")
    if lock.exists():
        raise RefusedError(
            f"Another git process runs here; if none does, delete {lock}."
        )
    _check_copier(repository)
    _check_links(repository, source / "template")
    # What an update that was killed has left behind.
    for folder in repository.folder.glob(f"{PREFIX}*"):
        shutil.rmtree(folder, ignore_errors=True)


def _check_copier(repository: Repository) -> None:
    """Refuse where Copier's own update would write into the work tree.

    It applies its changes to all of the repository: it creates tracked files that are
    not in the work tree, and replaces each file beside which a `.rej` lies.
    """
    listed = words(repository("ls-files", "-v", "-z"))
    hidden = [line[2:] for line in listed if line[0].islower() or line[0] == "S"]
    for path in hidden:
        if not os.path.lexists(repository.top / path):
            raise RefusedError(
                f"`{path}` is not checked out (sparse checkout, or git is told to hide "
                "its deletion), and Copier would write it: run `git sparse-checkout "
                "disable` or restore the file, update, and hide it again."
            )
    command = ("status", "--porcelain", "--no-renames", "--ignored", "-z")
    # As Copier lists them: folders that git ignores are not searched.
    status = words(repository(*command))
    for line in status:
        if line[1:2] == "D":
            raise RefusedError(
                f"`{line[3:]}` is deleted and not committed, and Copier would bring it "
                "back: commit the deletion or `git restore` the file first."
            )
        if line.endswith(".rej"):
            raise RefusedError(
                f"`{line[3:]}` is left from another merge, and Copier would take it for "
                "its own: delete it first."
            )


def _check_links(repository: Repository, template: Path) -> None:
    """Refuse links in place of the template's folders that lead out of the project."""
    project = (repository.top / repository.prefix).resolve()
    for folder in sorted(path for path in template.rglob("*") if path.is_dir()):
        path = project / folder.relative_to(template)
        if path.is_symlink() and not path.resolve().is_relative_to(project):
            raise RefusedError(
                f"`{path.relative_to(project)}` is a link that leads out of the project, "
                "where Copier does not follow it: replace it by a folder."
            )
