"""The generated project's table of defenses names tests that exist."""

import ast
import functools
import re
from typing import TYPE_CHECKING

import pytest

from tests.options import everything, options
from tests.project import REPOSITORY
from tests.renders import Renderer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.options import Answers

DOCUMENT = "docs/security.md"
HEADER = "| what is attacked | what the project does | test |"
# Tests of servers and containers, which are in this repository.
TEMPLATE = "django-arch/"
NAME = re.compile(r"`(?P<path>[^`:\s]+\.py)::(?P<name>test_\w+|Test\w+::test_\w+)`")
ANSWERS: "dict[str, Answers]" = {
    "default": {},
    **{option: {option: True} for option in options()},
    "everything": everything(),
}


@functools.cache
def renderer() -> Renderer:
    return Renderer(REPOSITORY)


def names_in(text: str) -> set[str]:
    """Return the tests of a module, those of classes as `Class::test`."""
    found = set()
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            methods = (each for each in node.body if isinstance(each, ast.FunctionDef))
            found |= {f"{node.name}::{method.name}" for method in methods}
    return found


def read(path: str, files: dict[str, bytes]) -> str:
    """Return a file of the project or of this repository; empty if there is none."""
    if path.startswith(TEMPLATE):
        own = REPOSITORY / path.removeprefix(TEMPLATE)
        return own.read_text(encoding="utf-8") if own.is_file() else ""
    return files.get(path, b"").decode()


def problems(files: dict[str, bytes]) -> "Iterator[str]":
    """Yield the rows without a test and the tests that do not exist."""
    known = functools.cache(lambda path: names_in(read(path, files)))
    for line in files[DOCUMENT].decode().splitlines():
        if not line.startswith("|") or line in {HEADER, "|---|---|---|"}:
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) != 3 or not all(cells):
            yield f"not three cells: {line}"
            continue
        if NAME.sub("", cells[2]).strip(", ") or not NAME.search(cells[2]):
            yield f"not only names of tests: {line}"
        for match in NAME.finditer(cells[2]):
            if match["name"] not in known(match["path"]):
                yield f"does not exist: {match[0]}"


@pytest.mark.parametrize("answers", ANSWERS.values(), ids=list(ANSWERS))
def test_every_row_names_tests_that_exist(answers: "Answers") -> None:
    files = renderer().render(answers)
    text = files[DOCUMENT].decode()
    assert text.count(HEADER) == text.count("\n|---|---|---|\n") >= 10
    # A name outside a row would not be checked.
    assert text.count("::test_") == len(NAME.findall(text))
    assert not [*problems(files)]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("::test_hashes_with_argon2`", "::test_hashes_with_md5`", "does not exist"),
        ("::TestLogin::test_hashes", "::TestLogout::test_hashes", "does not exist"),
        ("::TestLogin::test_hashes", "::test_hashes", "does not exist"),
        ("users/tests/test_services.py", "users/tests/test_x.py", "does not exist"),
        ("tests/test_raw_requests.py", "tests/test_raw.py", "does not exist"),
        ("`, `", "`; `", "not only names of tests"),
        ("`apps/core/tests/test_cors.py::", "`apps/core/tests/", "not only names"),
        (" | Argon2id", " Argon2id", "not three cells"),
        ("| is rejected |", "| |", "not three cells"),
    ],
)
def test_a_planted_mistake_is_found(old: str, new: str, problem: str) -> None:
    files = renderer().render(everything())
    text = files[DOCUMENT].decode()
    assert old in text
    files = files | {DOCUMENT: text.replace(old, new).encode()}
    found = [*problems(files)]
    assert found
    assert all(line.startswith(problem) for line in found)


def test_the_test_of_an_option_that_is_off_is_found() -> None:
    files = renderer().render({})
    text = renderer().render(everything())[DOCUMENT]
    found = [*problems(files | {DOCUMENT: text})]
    assert any("tests/test_websockets.py::" in line for line in found)
    assert any("tests/test_celery.py::" in line for line in found)


@pytest.mark.parametrize("path", ["README.md", "AGENTS.md"])
def test_the_document_is_linked(path: str) -> None:
    assert DOCUMENT in renderer().render({})[path].decode()
