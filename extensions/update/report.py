"""Write the report of an update."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from .git import reason
from .history import TABLES
from .outlook import outlook
from .staging import ignored

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .merge import Result
    from .repository import Repository, Trees
    from .versions import Versions


def report(
    repository: Repository,
    trees: Trees,
    result: Result,
    versions: Versions,
) -> list[str]:
    """Return the report as lines of Markdown, without empty sections.

    Args:
        repository: The project's repository.
        trees: The sides of the merge.
        result: The merge.
        versions: The old and the new version.
    """
    title = f"Updated from {versions.old} to {versions.new}."
    if versions.old == versions.new:
        title = f"Rendered {versions.new} with other answers."
    lines = [title]
    plan, shown, refs = result.plan, repository.shown, repository.refs

    def section(title: str, items: Iterable[str], *, in_order: bool = False) -> None:
        if listed := [*items] if in_order else sorted(items):
            lines.extend(["", title, "", *(f"- {item}" for item in listed)])

    section(
        "In conflict. Edit the marked lines (of a binary file, choose one version), "
        "then `git add` the file:",
        map(shown, result.conflicts),
    )
    section(
        "In conflict. Your version is unchanged; `FILE.rej` holds the template's change. "
        "Apply it, and delete `FILE.rej`:",
        map(shown, result.rejects),
    )
    section(
        "Removed by the update, although you had edited them; "
        f"`git checkout {refs}before -- PATH` restores a file:",
        map(shown, plan.removed),
    )
    section(
        "Moved by the update, with your edits:",
        (f"{shown(old)} to {shown(new)}" for old, new in plan.moved.items()),
    )
    section(
        "Changed by the template, in files that you renamed:",
        (
            f"{shown(old)}, now {shown(new)}"
            for old, new in plan.renames.items()
            if plan.base[old] != plan.theirs.get(old)
        ),
    )
    added = {path for path, entry in result.changes.items() if entry}
    section(
        "New, but ignored by your git settings; `git add --force PATH` adds a file:",
        map(shown, ignored(repository, added - set(trees.ours.files))),
    )
    section(
        "New, in a folder that you renamed or deleted:",
        map(shown, _in_changed_folders(trees, result)),
    )
    section(
        "Changed or removed by the template, but you deleted or renamed them, so nothing "
        "was done; "
        f"`git diff {refs}from {refs}to -- PATH` shows the change:",
        (
            shown(old) + (f" (now {shown(new)})" if new else "")
            for old, new in plan.unmaintained.items()
        ),
    )
    section("To do by hand:", versions.notes(), in_order=True)
    for title, items in outlook(repository, trees, result):
        section(title, items)
    section(
        "The tables of options that you switched off stay in the database. To drop them, "
        f"run the command in a checkout of {refs}before, before you commit the update:",
        (
            f"{option}: `uv run manage.py migrate {app} zero`"
            for option, app in TABLES.items()
            if versions.before.get(option) and not versions.after.get(option)
        ),
    )
    return lines


def _in_changed_folders(trees: Trees, result: Result) -> Iterable[str]:
    """Yield the template's new files whose folder the owner renamed or deleted."""

    def folders(files: Iterable[str]) -> set[PurePosixPath]:
        return {parent for path in files for parent in PurePosixPath(path).parents}

    base, ours, theirs = (tree.files for tree in trees)
    gone = folders(base) - folders(ours)
    for path, entry in result.changes.items():
        if not entry or path in ours or path in result.plan.moved.values():
            continue
        if path not in theirs or gone & {*PurePosixPath(path).parents}:
            yield path


def next_steps(repository: Repository, result: Result) -> list[str]:
    """Update uv.lock if nothing is in conflict, and return the steps that remain.

    Args:
        repository: The project's repository.
        result: The merge, already written to the project.
    """
    undo = f"`git restore --source={repository.refs}before --staged --worktree .`"
    paths = (f"{repository.prefix}pyproject.toml", f"{repository.prefix}uv.lock")
    changes_lock = paths[0] in result.changes and (repository.top / paths[1]).exists()
    if result.conflicts or result.rejects:
        first = "`uv lock`, run the tests" if changes_lock else "run the tests"
        return [f"Then {first}, and commit. {undo} undoes the update."]
    lines = [_lock()] if changes_lock else []
    last = f"Look at `git diff`, run the tests, commit. {undo} undoes the update."
    return [*lines, last]


def _lock() -> str:
    """Update uv.lock, from uv's cache if there is no network; return a message."""
    if shutil.which("uv") is None:
        return "uv is not installed (https://docs.astral.sh/uv/): install it, then run `uv lock`."
    for arguments in ((), ("--offline",)):
        try:
            result = subprocess.run(
                ["uv", "lock", *arguments],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
            )
        except (KeyboardInterrupt, OSError):
            return "uv.lock was not updated: run `uv lock`."
        if result.returncode == 0:
            return "uv.lock is up to date."
    return f"uv.lock was not updated ({reason(result.stderr)}): run `uv lock`."
