"""Lines that owners append to a file do not conflict with what the template adds."""

from typing import TYPE_CHECKING

import pytest

from tests.project import run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.project import Project

TEXT = "Add your own lines below; template updates change nothing after this line."
COMMENT, MARKDOWN = f"# {TEXT}", f"<!-- {TEXT} -->"
MARKERS = {
    ".dockerignore": COMMENT,
    ".env.example": COMMENT,
    ".gitattributes": COMMENT,
    ".gitignore": COMMENT,
    "AGENTS.md": MARKDOWN,
    "CONTRIBUTING.md": MARKDOWN,
    "Makefile": COMMENT,
    "README.md": MARKDOWN,
    "config/settings.py": COMMENT,
    "pyproject.toml": COMMENT,
}
ALL_OPTIONS = {"use_jwt": True, "use_celery": True, "use_channels": True}


def merge(folder: "Path", base: str, ours: str, theirs: str) -> tuple[int, str]:
    """Return git's number of conflicts and its merge of three texts."""
    for name, text in (("base", base), ("ours", ours), ("theirs", theirs)):
        (folder / name).write_text(text)
    files = (folder / name for name in ("ours", "base", "theirs"))
    result = run("git", "merge-file", "--stdout", *files, check=False)
    return result.returncode, result.stdout


@pytest.mark.parametrize("answers", [{}, ALL_OPTIONS], ids=["default", "all options"])
def test_the_marker_is_the_last_line(
    render: "Callable[..., Project]", answers: dict[str, bool]
) -> None:
    project = render(**answers)
    for name, marker in MARKERS.items():
        text = project.read(name)
        assert text.endswith(f"\n\n{marker}\n"), name
        assert text.count(marker) == 1, name
    files = project.files()
    marked = {name for name in files if TEXT.encode() in files[name]}
    assert marked == set(MARKERS)


@pytest.mark.parametrize("own", ["own\n", "\nown\n\nmore\n"], ids=["line", "section"])
@pytest.mark.parametrize("new", ["new\n", "\nnew\n\nmore\n"], ids=["line", "section"])
def test_own_lines_merge_with_new_lines_of_the_template(
    render: "Callable[..., Project]", tmp_path: "Path", own: str, new: str
) -> None:
    project = render()
    for name, marker in MARKERS.items():
        base = project.read(name)
        body = base.removesuffix(f"\n{marker}\n")
        ending = base.removeprefix(body)
        merged = merge(tmp_path, base, f"{base}{own}", f"{body}{new}{ending}")
        assert merged == (0, f"{body}{new}{ending}{own}"), name


def test_own_lines_merge_with_a_changed_last_line_of_the_template(
    render: "Callable[..., Project]", tmp_path: "Path"
) -> None:
    project = render()
    for name, marker in MARKERS.items():
        base = project.read(name)
        theirs = base.replace(f"\n\n{marker}", f" changed\n\n{marker}")
        merged = merge(tmp_path, base, f"{base}own\n", theirs)
        assert merged == (0, f"{theirs}own\n"), name


def test_without_the_marker_both_additions_conflict(tmp_path: "Path") -> None:
    conflicts, _ = merge(tmp_path, "last\n", "last\nown\n", "last\nnew\n")
    assert conflicts == 1
