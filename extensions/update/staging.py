"""Prepare, outside the work tree, everything that an update writes."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from .git import UpdateError, lines, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .git import Entry
    from .merge import Result
    from .repository import Repository


def rejects(result: Result) -> dict[str, bytes]:
    """Return the content of each `.rej` file, for `--conflict rej`."""
    return {f"{path}.rej": patch for path, patch in result.rejects.items()}


def check_paths(repository: Repository, changes: Mapping[str, Entry | None]) -> None:
    """Check that renames can write the changes, and lose no edit that git does not see.

    Raises:
        UpdateError: If not, with the path and what to do.
    """
    listed = words(repository("ls-files", "-v", "-z", "--", repository.prefix or "."))
    hidden = {line[2:] for line in listed if line[0].islower() or line[0] == "S"}
    for path, entry in changes.items():
        file = repository.top / path
        if path in hidden:
            shown = repository.shown(path)
            raise UpdateError(
                f"The update changes {shown}, and git hides your changes of it: run "
                "`git update-index --no-assume-unchanged` and `git update-index "
                "--no-skip-worktree` on it, and commit or undo your changes."
            )
        above = [parent for parent in file.parents if parent != repository.top]
        above = above[: len(Path(path).parts) - 1]
        blocked = [
            p for p in above if p.is_symlink() or (p.exists() and not p.is_dir())
        ]
        if file.is_dir() and not file.is_symlink():
            blocked.append(file)
        if entry and blocked:
            found = repository.shown(blocked[0].relative_to(repository.top).as_posix())
            raise UpdateError(
                f"{found} is in the way of {repository.shown(path)}, which the update "
                "writes: rename it."
            )


def ignored(repository: Repository, paths: Iterable[str]) -> set[str]:
    """Return the paths that git ignores."""
    command = ("check-ignore", "--no-index", "-z", "--stdin")
    return {*words(repository(*command, stdin=lines(paths), accept=(0, 1)))}


def write_files(
    repository: Repository, result: Result, stage: Path, work: Path
) -> None:
    """Write the new and changed files below a folder, with git."""
    env = {"GIT_INDEX_FILE": work / "files"}
    repository("read-tree", result.tree, env=env)
    written = [path for path, entry in result.changes.items() if entry]
    command = ("checkout-index", f"--prefix={stage}/", "-z", "--stdin")
    repository(*command, stdin=lines(written), env=env)
    for path, patch in rejects(result).items():
        (stage / path).parent.mkdir(parents=True, exist_ok=True)
        (stage / path).write_bytes(patch)


def write_index(
    repository: Repository, result: Result, stage: Path, index: Path
) -> None:
    """Write an index with the conflicts, and with new files marked "intent to add"."""
    shutil.copy(repository.index, index)
    env: dict[str, str | Path] = {"GIT_INDEX_FILE": index}
    known = {*words(repository("ls-files", "-z", env=env))}
    stages = [
        f"{entry[0]} {entry[1]} {number}\t{path}"
        for path, entries in result.conflicts.items()
        for number, entry in enumerate(entries, start=1)
        if entry
    ]
    zero = "0" * len(result.tree)
    removed = [f"0 {zero}\t{path}" for path in result.conflicts]
    command = ("update-index", "-z", "--index-info")
    repository(*command, stdin=lines([*removed, *stages]), env=env)
    added = {path for path, entry in result.changes.items() if entry} - known
    added -= {*result.conflicts}
    if shown := sorted(added - ignored(repository, added)):
        add = (f"--work-tree={stage}", "add", "--intent-to-add", "--force")
        paths = ("--pathspec-from-file=-", "--pathspec-file-nul")
        outside = {**env, "GIT_DIR": repository.folder, "GIT_LITERAL_PATHSPECS": "1"}
        repository(*add, *paths, stdin=lines(shown), env=outside)
