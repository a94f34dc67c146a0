"""The rules of an update that differ from git's: a pure function of three lists of files.

git merges content, modes, binaries and the owner's renames. Four rules differ:

* a file that the new version does not render is removed, even if the owner edited it;
* a file that the owner deleted stays deleted, even if the template changed it;
* the owner's edits of a file that the template moved (`MOVES`) move with it;
* a new file in a folder that the owner renamed is written to the renamed folder.

`prepare` applies these rules, and removes such files from the data that git merges.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from .plan import Plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from .git import Files

REGULAR = {"100644", "100755"}


def prepare(
    sides: tuple[Files, Files, Files],
    renames: Mapping[str, str],
    moves: Iterable[tuple[str, str]],
    *,
    is_skipped: Callable[[str], bool] = lambda _path: False,
) -> Plan:
    """Return a plan for git, after the rules that differ from git's.

    Args:
        sides: The render of the old version, the project before the update, and the
            render of the new version.
        renames: The new path of each file that the owner renamed.
        moves: Old and new path of files and folders that the template moved.
        is_skipped: Whether the caller asked to skip a file if it exists.
    """
    base, ours, theirs = sides
    plan = Plan(dict(base), dict(ours), dict(theirs))
    for path in [path for path in theirs if path in ours and is_skipped(path)]:
        plan.base[path] = plan.theirs[path] = ours[path]
    origins = _move(plan, moves, ours)
    renames = {origins.new(old): origins.new(new) for old, new in renames.items()}
    _follow_folders(plan, renames)
    _drop(plan, origins, renames)
    _leave_deleted(plan, renames)
    plan.renames = {old: new for old, new in renames.items() if old in plan.base}
    _keep_other_types(plan)
    _find_clashes(plan, ours)
    return plan


class Origins(dict[str, str]):
    """The old path of each path that the template moved."""

    def new(self, path: str) -> str:
        """Return the path of a file after the moves."""
        return next((new for new, old in self.items() if old == path), path)

    def old(self, path: str) -> str:
        """Return the path of a file before the moves."""
        return self.get(path, path)


def _move(plan: Plan, moves: Iterable[tuple[str, str]], ours: Files) -> Origins:
    """Move the files of base and ours to their paths in the new version."""
    origins = Origins()
    for old, new in moves:
        for path in [*plan.base]:
            if path != old and not path.startswith(f"{old}/"):
                continue
            target = new + path.removeprefix(old)
            # A file that the owner has at the new path stays there.
            if path in plan.theirs or (path in plan.ours and target in plan.ours):
                continue
            plan.base[target] = plan.base.pop(path)
            if path in plan.ours:
                plan.ours[target] = plan.ours.pop(path)
            origins[target] = origins.pop(path, path)
        if any(path.startswith(f"{old}/") for path in {**plan.base, **plan.theirs}):
            continue
        for path in [path for path in plan.ours if path.startswith(f"{old}/")]:
            target = new + path.removeprefix(old)
            if target not in plan.ours:
                plan.ours[target] = plan.ours.pop(path)
                origins[target] = origins.pop(path, path)
    plan.moved = {
        old: new
        for new, old in origins.items()
        if old in ours
        and new in plan.ours
        and plan.ours[new] != plan.base.get(new)
        and (new in plan.theirs or new not in plan.base)
    }
    return origins


def _follow_folders(plan: Plan, renames: Mapping[str, str]) -> None:
    """Move the template's new files into folders that the owner renamed."""
    # A folder is renamed if no file is left in it, most were renamed, and each of these
    # has the same path below the new folder. This is stricter than git's detection.

    def is_renamed(folder: str) -> bool:
        old = [path for path in plan.base if path.startswith(f"{folder}/")]
        old = [path for path in old if not path.endswith("/__init__.py")]
        is_left = any(path.startswith(f"{folder}/") for path in plan.ours)
        return not is_left and 2 * sum(path in renames for path in old) > len(old)

    folders: dict[str, set[str]] = {}
    for old, new in renames.items():
        parts, places = old.split("/"), new.split("/")
        while parts and places and parts[-1] == places[-1]:
            parts.pop()
            places.pop()
        folders.setdefault("/".join(parts), set()).add("/".join(places))
    renamed = {
        old: new
        for old, targets in folders.items()
        for new in targets
        if old and new and len(targets) == 1 and is_renamed(old)
    }
    for path in [path for path in plan.theirs if path not in plan.base]:
        for old, new in renamed.items():
            target = new + path.removeprefix(old)
            is_free = target not in plan.ours and target not in plan.theirs
            if path.startswith(f"{old}/") and is_free:
                plan.theirs[target] = plan.theirs.pop(path)
                break


def _drop(plan: Plan, origins: Origins, renames: dict[str, str]) -> None:
    """Remove files that the new version does not render."""
    for path in [path for path in plan.base if path not in plan.theirs]:
        old = plan.base.pop(path)
        mine = plan.ours.pop(path, None)
        if mine not in (None, old):
            plan.removed.append(origins.old(path))
        elif mine is None and path in renames:
            plan.unmaintained[path] = renames.pop(path)


def _leave_deleted(plan: Plan, renames: Mapping[str, str]) -> None:
    """Remove files that the owner deleted."""
    for path in [path for path in plan.base if path not in plan.ours]:
        if path in renames:
            continue
        if plan.base.pop(path) != plan.theirs.pop(path):
            plan.unmaintained[path] = ""


def _keep_other_types(plan: Plan) -> None:
    """Keep the owner's links and submodules that both sides changed."""
    for path in [path for path in plan.theirs if path in plan.ours]:
        sides = plan.base.get(path), plan.ours[path], plan.theirs[path]
        modes = {side[0] for side in sides if side}
        if modes - REGULAR and len(set(sides)) == len(sides):
            plan.kept[path] = sides
            for files in (plan.base, plan.ours, plan.theirs):
                files.pop(path, None)


def _find_clashes(plan: Plan, ours: Files) -> None:
    """Find new paths of the template where one side has a folder and the other a file."""
    folders = {str(parent) for path in ours for parent in PurePosixPath(path).parents}
    for path in plan.theirs:
        if path in plan.base:
            continue
        above = [str(parent) for parent in PurePosixPath(path).parents]
        plan.clashes += [found for found in above if found in plan.ours]
        if path in folders and path not in ours:
            plan.clashes.append(path)
