"""Apply the policy, then merge three trees with `git merge-tree` (git 2.38 or newer)."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from pathspec import GitIgnoreSpec

from .git import UpdateError, word, words
from .history import MOVES
from .policy import REGULAR, prepare
from .repository import scratch

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .git import Entry, Files
    from .plan import Plan
    from .repository import Repository, Trees

# Refs of the scratch repository; git writes the last two behind the conflict markers.
BASE, OURS, THEIRS = "old", "yours", "template"

Sides = tuple["Entry | None", ...]
"""The entries of base, ours and theirs of one path."""


@dataclass
class Result:
    """The result of a merge, not yet in the project.

    Attributes:
        tree: The whole repository after the update.
        changes: The new entry of each changed path; None for a removed file.
        conflicts: The entries of base, ours and theirs of each path in conflict; None for
            a side without the file.
        rejects: With `--conflict rej`, the template's change of each path, as a patch.
        plan: The policy's decisions.
    """

    tree: str
    changes: dict[str, Entry | None]
    conflicts: dict[str, Sides]
    plan: Plan
    rejects: dict[str, bytes] = field(default_factory=dict)


def merge(
    repository: Repository,
    trees: Trees,
    conf: Mapping[str, Any],
    work: Path,
) -> Result:
    """Return the merge of the owner's changes and the template's changes.

    Args:
        repository: The repository that holds the trees.
        trees: The sides of the merge.
        conf: Copier's `answers_file`, `skip_if_exists` and `conflict`.
        work: A folder for temporary files.

    Raises:
        UpdateError: If one side has a folder where the other one has a file.
    """
    base, ours, theirs = (tree.files for tree in trees)
    prefix = repository.prefix
    answers = prefix + conf["answers_file"]
    skipped = GitIgnoreSpec.from_lines(conf["skip_if_exists"])
    plan = prepare(
        # Copier alone writes the answers.
        ({**base, answers: ours[answers]}, ours, theirs),
        _renames(repository, trees),
        [(prefix + old, prefix + new) for old, new in MOVES],
        is_skipped=lambda path: (
            path != answers and skipped.match_file(path.removeprefix(prefix))
        ),
    )
    if plan.clashes:
        path = repository.shown(plan.clashes[0])
        raise UpdateError(
            f"{path} is a file on one side and a folder on the other: rename yours, or "
            f"update with `--exclude {path.strip('`')}`."
        )
    merged, conflicts = _merge_trees(repository, plan, work)
    for path, sides in plan.kept.items():
        merged[path] = ours[path]
        conflicts[path] = sides
    rejects = {}
    if conf["conflict"] == "rej":
        for path, sides in [*conflicts.items()]:
            if mine := sides[1]:
                merged[path] = mine
                rejects[path] = _patch(repository, path, sides, work)
                del conflicts[path]
    changes = {
        path: merged.get(path)
        for path in sorted({*ours, *merged})
        if merged.get(path) != ours.get(path)
    }
    tree = _graft(repository, trees.ours.tree, changes, work)
    return Result(tree, changes, conflicts, plan, rejects)


def _renames(repository: Repository, trees: Trees) -> dict[str, str]:
    """Return the new path of each file that the owner renamed."""
    options = ("--no-rename-empty", "--diff-filter=R", "--name-status")
    command = ("diff-tree", "-r", "-z", "-M", *options)
    scope = ("--", repository.prefix) if repository.prefix else ()
    listed = words(repository(*command, trees.base.tree, trees.ours.tree, *scope))
    renames = zip(listed[1::3], listed[2::3], strict=True)
    # One-line package files look like each other, so git sees renames among them.
    return {
        old: new for old, new in renames if PurePosixPath(old).name != "__init__.py"
    }


def _merge_trees(
    repository: Repository, plan: Plan, work: Path
) -> tuple[Files, dict[str, Sides]]:
    """Return the merged files, and the conflicts."""
    env = scratch(repository, work)
    _use_line_ends_of_owner(repository, plan)
    parent: tuple[str, ...] = ()
    for name, files in ((BASE, plan.base), (OURS, plan.ours), (THEIRS, plan.theirs)):
        tree = repository.write(files, work)
        commit = word(repository("commit-tree", tree, *parent, "-m", name, env=env))
        repository("update-ref", f"refs/heads/{name}", commit, env=env)
        parent = parent or ("-p", commit)
    # The policy decides which folders were renamed.
    settings = ("-c", "merge.directoryRenames=false", "-c", "merge.renames=true")
    command = ("merge-tree", "--write-tree", "-z", "--no-messages", OURS, THEIRS)
    output = repository(*settings, *command, env=env, accept=(0, 1))
    tree, *listed = words(output)
    conflicts: dict[str, list[Entry | None]] = {}
    for line in listed:
        details, path = line.split("\t", 1)
        mode, name, stage = details.split()
        conflicts.setdefault(path, [None, None, None])[int(stage) - 1] = (mode, name)
    files = repository.tree(tree).files
    return files, {path: tuple(sides) for path, sides in conflicts.items()}


def _use_line_ends_of_owner(repository: Repository, plan: Plan) -> None:
    """Use CRLF for the template's lines in files in which the owner has only CRLF."""
    origins = {new: old for old, new in plan.renames.items()}
    for place, mine in plan.ours.items():
        path = origins.get(place, place)
        old, new = plan.base.get(path), plan.theirs.get(path)
        if not old or not new or len({old, mine, new}) < len((old, mine, new)):
            continue
        if {old[0], mine[0], new[0]} - REGULAR:
            continue
        content = repository.read(mine)
        if b"\r\n" not in content or b"\n" in content.replace(b"\r\n", b""):
            continue
        for files, (mode, name) in ((plan.base, old), (plan.theirs, new)):
            text = repository.read((mode, name))
            if b"\r\n" not in text:
                files[path] = (mode, repository.blob(text.replace(b"\n", b"\r\n")))


def _patch(repository: Repository, path: str, sides: Sides, work: Path) -> bytes:
    """Return the template's change of a file as a patch for the project folder."""
    label = path.removeprefix(repository.prefix)
    trees = [
        repository.write({label: entry} if entry else {}, work)
        for entry in (sides[0], sides[2])
    ]
    return repository("diff-tree", "-p", "--binary", "--no-ext-diff", *trees)


def _graft(
    repository: Repository, tree: str, changes: Mapping[str, Entry | None], work: Path
) -> str:
    """Return a tree in which some files are changed or removed."""
    env = {"GIT_INDEX_FILE": work / "graft"}
    repository("read-tree", tree, env=env)
    lines = (
        f"{entry[0]} {entry[1]}\t{path}" if entry else f"0 {'0' * len(tree)}\t{path}"
        for path, entry in changes.items()
    )
    text = "".join(f"{line}\0" for line in lines)
    update = ("update-index", "-z", "--index-info")
    repository(*update, stdin=text.encode(errors="surrogateescape"), env=env)
    return word(repository("write-tree", env=env))
