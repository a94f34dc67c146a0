"""The generated code stays readable: few docstring lines, short files, few conditions."""

import ast
import functools
import io
import re
import tokenize
from typing import TYPE_CHECKING

import pytest

from tests.options import combinations, named
from tests.project import REPOSITORY
from tests.renders import Renderer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.options import Answers

MAX_RATIO = 0.25
MAX_LINES = 250
MAX_CONDITIONS = {
    "config/settings.py.jinja": 12,
    "apps/users/services.py.jinja": 6,
}
CONDITION = re.compile(r"^\s*# % (?:el)?if\b", re.MULTILINE)
NO_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
    tokenize.ENCODING,
}
DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
RENDERS = pytest.mark.parametrize("answers", list(combinations()), ids=named)


@functools.cache
def count(text: str) -> tuple[int, int]:
    """Return how many lines of a module are docstrings, and how many are code.

    Blank lines and lines with only a comment are neither.
    """
    filled = {n for n, line in enumerate(text.splitlines(), 1) if line.strip()}
    docstrings: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node):
            first = node.body[0]
            assert first.end_lineno is not None
            docstrings.update(range(first.lineno, first.end_lineno + 1))
    code: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in NO_CODE:
            code.update(range(token.start[0], token.end[0] + 1))
    return len(filled & docstrings), len(filled & code - docstrings)


@functools.cache
def renderer(source: "Path") -> Renderer:
    return Renderer(source)


def modules(source: "Path", answers: "Answers") -> dict[str, str]:
    """Return the Python files of a render by path, without migrations."""
    return {
        path: content.decode()
        for path, content in renderer(source).render(answers).items()
        if path.endswith(".py") and "/migrations/" not in path
    }


@RENDERS
def test_a_line_of_docstring_stands_for_four_lines_of_code(
    source: "Path", answers: "Answers"
) -> None:
    """Tests are not counted: they hardly need docstrings."""
    counts = {
        path: count(text)
        for path, text in modules(source, answers).items()
        if "tests/" not in path and not path.endswith("conftest.py")
    }
    docstrings = sum(found for found, _ in counts.values())
    code = sum(found for _, found in counts.values())
    too_many = {path: n - MAX_RATIO * of for path, (n, of) in counts.items()}
    worst = sorted(too_many, key=lambda path: -too_many[path])[:20]
    assert docstrings <= MAX_RATIO * code, "\n".join(
        [
            f"{docstrings} docstring lines for {code} of code: {docstrings / code:.3f}",
            *("{}: {} for {}".format(path, *counts[path]) for path in worst),
        ]
    )


@RENDERS
def test_no_module_is_long(source: "Path", answers: "Answers") -> None:
    lengths = {
        path: len(text.splitlines()) for path, text in modules(source, answers).items()
    }
    too_long = {path: n for path, n in lengths.items() if n > MAX_LINES}
    assert not too_long, too_long


@pytest.mark.parametrize(("path", "limit"), MAX_CONDITIONS.items())
def test_a_module_with_options_has_few_conditions(path: str, limit: int) -> None:
    text = (REPOSITORY / "template" / path).read_text()
    assert len(CONDITION.findall(text)) <= limit


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", (0, 0)),
        ('"""One."""\n', (1, 0)),
        ('"""One.\n\nTwo.\n"""\n\n# Three.\nx = 1  # Four.\n', (3, 1)),
        ('x = """One.\n\nTwo.\n"""\n', (0, 3)),
        ('def f():\n    """One."""\n    return (\n\n        1\n    )\n', (1, 4)),
        ('class A:\n    x: int\n    """An attribute."""\n', (0, 3)),
    ],
    ids=["empty", "docstring", "comment", "text", "function", "attribute"],
)
def test_docstrings_and_code_are_counted(text: str, expected: tuple[int, int]) -> None:
    assert count(text) == expected


def test_a_condition_is_counted() -> None:
    text = "# % if a\nx = 1\n    # % elif b\n# % else\n# % endif\n# if c\n"
    assert len(CONDITION.findall(text)) == 2
