"""The update's policy, a pure function, on thousands of projects that are made up."""

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from extensions.update.policy import prepare

if TYPE_CHECKING:
    from extensions.update.plan import Plan

type Files = dict[str, tuple[str, str]]

NAMES = tuple("abcdefgh")
CASES = 3000


@dataclass(frozen=True)
class World:
    """Three lists of files, the owner's renames and the template's moves."""

    base: Files
    ours: Files
    theirs: Files
    renames: dict[str, str]
    moves: list[tuple[str, str]]

    def plan(self) -> "Plan":
        sides = (self.base, self.ours, self.theirs)
        return prepare(sides, self.renames, self.moves)


def make(number: int) -> World:
    """Make a world from its number."""
    chance = random.Random(number)

    def entry() -> tuple[str, str]:
        mode = chance.choices(["100644", "100755", "120000"], [8, 1, 1])[0]
        return mode, str(chance.random())

    base = {f"{chance.choice('xy')}/{name}": entry() for name in NAMES}
    ours, theirs = dict(base), dict(base)
    renames: dict[str, str] = {}
    moves: list[tuple[str, str]] = []
    for path in base:
        match chance.choices(["", "edit", "delete", "rename"], [4, 2, 1, 1])[0]:
            case "edit":
                ours[path] = entry()
            case "delete":
                del ours[path]
            case "rename":
                renames[path] = f"own/{path[-1]}"
                ours[renames[path]] = ours.pop(path)
        match chance.choices(["", "edit", "drop", "move", "hop"], [4, 2, 1, 1, 1])[0]:
            case "edit":
                theirs[path] = entry()
            case "drop":
                del theirs[path]
            case "move":
                moves.append((path, f"new/{path[-1]}"))
                theirs[f"new/{path[-1]}"] = theirs.pop(path)
            case "hop":
                moves += [
                    (path, f"old/{path[-1]}"),
                    (f"old/{path[-1]}", f"z/{path[-1]}"),
                ]
                theirs[f"z/{path[-1]}"] = entry()
                del theirs[path]
    if chance.random() < 0.3:
        ours["new/a"] = entry()
    for _ in range(2):
        ours[f"mine/{chance.randrange(9)}"] = entry()
        theirs[f"fresh/{chance.randrange(9)}"] = entry()
    return World(base, ours, theirs, renames, moves)


@pytest.mark.parametrize("first", range(0, CASES, 500))
def test_every_file_is_merged_kept_or_named(first: int) -> None:
    for number in range(first, first + 500):
        world = make(number)
        plan = world.plan()
        final = {old: new for new, old in origins(world, plan).items()}
        # git meets no file that only one side has deleted, but for the owner's renames.
        for path in plan.base:
            assert path in plan.theirs, number
            renamed = {final.get(old, old) for old in world.renames}
            assert path in plan.ours or path in renamed, number
        # Each edit of the owner is merged, in conflict, or named.
        for path, entry in world.ours.items():
            if world.base.get(path) == entry:
                continue
            place = final.get(path, path)
            known = place in plan.ours or place in plan.kept or path in plan.removed
            assert known, number
            if place in plan.ours:
                assert plan.ours[place] == entry, number
        # What the owner has deleted never comes back.
        for path in set(world.base) - set(world.ours) - set(world.renames):
            place = final.get(path, path)
            assert place not in plan.theirs or place in world.ours, number
        # All that is new in the template is merged, or is a conflict.
        for path, entry in world.theirs.items():
            if path.startswith("fresh/"):
                assert plan.theirs[path] == entry, number


def origins(world: World, plan: "Plan") -> dict[str, str]:
    """Return new path to old path of what the plan has moved."""
    found: dict[str, str] = {}
    for old, new in world.moves:
        source = found.pop(old, old)
        if source in world.base and old not in world.theirs:
            blocked = source in world.ours and new in world.ours
            if not blocked:
                found[new] = source
    assert all(old in world.ours for old in plan.moved)
    return found


def test_a_policy_that_forgets_deletions_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("extensions.update.policy._leave_deleted", lambda *_: None)
    with pytest.raises(AssertionError):
        test_every_file_is_merged_kept_or_named(0)


def test_skipped_files_stay_as_they_are() -> None:
    world = make(1)
    sides = (world.base, world.ours, world.theirs)
    plan = prepare(sides, {}, [], is_skipped=lambda _path: True)
    for path in {*world.ours} & {*world.theirs}:
        assert plan.base[path] == plan.theirs[path] == world.ours[path]


def entries(*paths: str) -> Files:
    return {path: ("100644", path) for path in paths}


@pytest.mark.parametrize(
    ("renames", "place"),
    [
        ({"a/x/f": "b/x/f", "a/g": "b/g"}, "b/new/h"),
        # One file that moved elsewhere, or got another name, is not a renamed folder.
        ({"a/x/f": "b/x/f", "a/g": "c/g"}, "a/new/h"),
        ({"a/x/f": "b/f.old"}, "a/new/h"),
        # Most of an app was deleted, and one file resembles another app's.
        ({"a/x/f": "b/x/f", "a/g": ""}, "a/new/h"),
        ({"a/x/f": "x/f"}, "a/new/h"),
    ],
)
def test_new_files_follow_only_a_folder_that_was_renamed(
    renames: dict[str, str], place: str
) -> None:
    base = entries("a/x/f", "a/g")
    renames = {old: new for old, new in renames.items() if new}
    ours = entries(*renames.values())
    plan = prepare((base, ours, base | entries("a/new/h")), renames, [])
    assert place in plan.theirs


def test_new_files_stay_where_the_owner_has_kept_some() -> None:
    base = entries("a/f", "a/g")
    ours = entries("b/f", "a/g")
    sides = base, ours, base | entries("a/h")
    assert "a/h" in prepare(sides, {"a/f": "b/f"}, []).theirs
