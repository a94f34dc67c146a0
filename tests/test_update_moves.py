"""An update takes edits of moved files along, and every path that went is accounted for."""

import ast
import difflib
from typing import TYPE_CHECKING

import pytest

from extensions.update.history import MOVES
from tests.options import everything, options
from tests.project import REPOSITORY, git, run
from tests.renders import Renderer
from tests.updates import commit, past_and_present, unmerged, update

if TYPE_CHECKING:
    from pathlib import Path

    from tests.options import Answers

HISTORY = "extensions/update/history.py"

ROWS: "dict[str, Answers]" = {
    "default": {},
    **{name: {name: True} for name in options()},
    "everything": everything(),
}

REMOVED: dict[str, str] = {
    "apps/users/tests/test_attacks.py": "split by subject",
    "apps/users/tests/test_jwt.py": "split by subject",
}
"""Path of a render before the moves that has no new path, to the reason."""

MARK = "# An edit of the owner.\n"
STABLE_LINES = 3


def before_the_moves() -> str:
    """Return the newest commit in which no path has moved."""
    for name in git(REPOSITORY, "log", "--format=%h", "--", HISTORY).split():
        module = ast.parse(git(REPOSITORY, "show", f"{name}:{HISTORY}"))
        for node in module.body:
            if isinstance(node, ast.AnnAssign) and node.value is not None:
                is_moves = ast.unparse(node.target) == "MOVES"
                if is_moves and ast.literal_eval(node.value) == ():
                    return name
    pytest.fail(f"no commit of the history has an empty MOVES in {HISTORY}")


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Renderer:
    """Return the template before the moves."""
    folder = tmp_path_factory.mktemp("before")
    archive = folder / "before.tar"
    git(REPOSITORY, "archive", "--output", archive, before_the_moves())
    (folder / "source").mkdir()
    run("tar", "-xf", archive, "-C", folder / "source")
    return Renderer(folder / "source")


@pytest.fixture(scope="module")
def now(source: "Path") -> Renderer:
    """Return the template of the work tree."""
    return Renderer(source)


def moved(path: str) -> str:
    """Return where the table of moves puts a path."""
    for old, new in MOVES:
        if path == old or path.startswith(f"{old}/"):
            path = new + path.removeprefix(old)
    return path


def edited(old: str, new: str) -> str:
    """Return the old text with a line inserted where both texts agree the longest."""
    before, after = (text.splitlines(keepends=True) for text in (old, new))
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    block = matcher.find_longest_match()
    assert block.size >= min(STABLE_LINES, len(before)), "the whole file changed"
    place = block.a + block.size // 2
    return "".join([*before[:place], MARK, *before[place:]])


def test_a_move_of_the_table_is_one_of_a_rendered_path(
    before: Renderer, now: Renderer
) -> None:
    old = before.render(everything())
    default = before.render({})
    new = {path for row in ROWS.values() for path in now.render(row)} | set(REMOVED)
    for path, target in MOVES:
        assert any(
            name == path or name.startswith(f"{path}/") for name in {**old, **default}
        ), path
        assert any(
            name == target or name.startswith(f"{target}/") or path in REMOVED
            for name in new
        ), target


@pytest.mark.parametrize("row", ROWS)
def test_a_path_that_went_is_moved_or_listed(
    before: Renderer, now: Renderer, row: str
) -> None:
    old = before.render(ROWS[row])
    new = now.render(ROWS[row])
    gone = {path for path in old if path not in new and moved(path) not in new}
    assert sorted(gone - set(REMOVED)) == []


def test_a_path_is_not_listed_as_removed_without_need(
    before: Renderer, now: Renderer
) -> None:
    old = before.render(everything())
    new = now.render(everything())
    needed = {path for path in old if path not in new and moved(path) not in new}
    assert sorted(set(REMOVED) - needed) == []


@pytest.mark.exhaustive
@pytest.mark.parametrize("row", ROWS)
def test_edits_move_along_from_the_version_before_the_moves(
    source: "Path", now: Renderer, tmp_path: "Path", row: str
) -> None:
    template = past_and_present(source, tmp_path, before_the_moves())
    new = now.render(ROWS[row])
    project = template.copy(tmp_path / "shop", "v1.0.0", **ROWS[row])
    places = {path: moved(path) for path in project.tracked()}
    places = {
        path: place
        for path, place in places.items()
        if place != path
        and place in new
        and len(project.read(path).splitlines()) > STABLE_LINES
    }
    assert places
    for path, place in places.items():
        text = edited(project.read(path), new[place].decode())
        (project.path / path).write_text(text)
    folders = {
        f"{old}/ours.txt": f"{target}/ours.txt"
        for old, target in MOVES
        if (project.path / old).is_dir()
    }
    assert folders
    for path in folders:
        (project.path / path).write_text("Ours.\n")
    commit(project.path, "Edit")

    report = update(project, **ROWS[row])

    assert unmerged(project) == []
    for path, place in places.items():
        assert MARK in project.read(place), place
        assert f"- `{path}` to `{place}`\n" in report
    for path, place in folders.items():
        assert project.read(place) == "Ours.\n"
        assert f"- `{path}` to `{place}`\n" in report
    for path in {**places, **folders}:
        assert path in new or not (project.path / path).exists(), path


def test_an_edit_is_made_where_both_texts_agree() -> None:
    old, new = "a\nb\nc\nd\ne\n", "x\nb\nc\nd\ny\n"
    assert edited(old, new) == f"a\nb\n{MARK}c\nd\ne\n"
    with pytest.raises(AssertionError, match="whole file"):
        edited("a\nb\nc\n", "a\nx\nc\n")
