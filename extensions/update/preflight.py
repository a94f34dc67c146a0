"""Check, before the first question, that an update can work in this repository."""

from __future__ import annotations

import os
import re
import shutil
from typing import TYPE_CHECKING

from .git import UpdateError, git, word, words
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
    """Check that an update can work.

    Copier has already rejected a project folder with uncommitted changes.

    Args:
        repository: The repository of the project; folders that a killed update left in it
            are removed.
        source: Copier's clone of the template.

    Raises:
        UpdateError: With the reason and what to do.
    """
    text = word(git("version"))
    found = re.search(r"(\d+)\.(\d+)", text)
    if not found or (int(found[1]), int(found[2])) < OLDEST_GIT:
        needed = ".".join(map(str, OLDEST_GIT))
        raise UpdateError(f"Updates need git {needed} or newer, and this is {text}.")
    for name, what in UNFINISHED.items():
        path = word(repository("rev-parse", "--git-path", name))
        if (repository.top / path).exists():
            raise UpdateError(f"{what} is in progress: finish or abort it first.")
    if words(repository("ls-files", "--unmerged", "-z")):
        raise UpdateError(
            "The repository has conflicts: resolve and commit them first."
        )
    lock = repository.index.with_name("index.lock")
    if lock.exists():
        raise UpdateError(f"Another git process is running; if not, delete {lock}.")
    _check_copier(repository)
    _check_links(repository, source / "template")
    for folder in repository.folder.glob(f"{PREFIX}*"):
        shutil.rmtree(folder, ignore_errors=True)


def _check_copier(repository: Repository) -> None:
    """Check that Copier's own update would not write into the work tree."""
    # It works on the whole repository: it creates tracked files that are not in the work
    # tree, and replaces each file that has a `.rej` next to it.
    listed = words(repository("ls-files", "-v", "-z"))
    hidden = [line[2:] for line in listed if line[0].islower() or line[0] == "S"]
    for path in hidden:
        if not os.path.lexists(repository.top / path):
            raise UpdateError(
                f"`{path}` is not checked out (sparse checkout, or git hides its "
                "deletion), and Copier would write it: run `git sparse-checkout "
                "disable` or restore the file, update, and hide it again."
            )
    command = ("status", "--porcelain", "--no-renames", "--ignored", "-z")
    # The same list as Copier's, without the content of ignored folders.
    status = words(repository(*command))
    for line in status:
        if line[1:2] == "D":
            raise UpdateError(
                f"`{line[3:]}` is deleted and not committed, and Copier would "
                "restore it: commit the deletion or `git restore` the file first."
            )
        if line.endswith(".rej"):
            raise UpdateError(
                f"`{line[3:]}` is left from another merge, and Copier would "
                "use it: delete it first."
            )


def _check_links(repository: Repository, template: Path) -> None:
    """Check that no folder of the template is a link out of the project."""
    project = (repository.top / repository.prefix).resolve()
    for folder in sorted(path for path in template.rglob("*") if path.is_dir()):
        path = project / folder.relative_to(template)
        if path.is_symlink() and not path.resolve().is_relative_to(project):
            raise UpdateError(
                f"`{path.relative_to(project)}` is a link to a folder outside the project, "
                "which Copier does not follow: replace it with a folder."
            )
