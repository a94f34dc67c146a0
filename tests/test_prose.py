"""Text for readers is plain technical English, without the words of a short list."""

import io
import re
import tokenize
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.project import REPOSITORY, git

if TYPE_CHECKING:
    from collections.abc import Iterator


class Word(NamedTuple):
    """A word or phrase to avoid.

    Attributes:
        pattern: A regular expression; a space stands for any white space.
        instead: What to write.
        wrong: A text that has it.
        right: A similar text that is fine.
    """

    pattern: str
    instead: str
    wrong: str
    right: str


WORDS = (
    Word(
        r"administration",
        "the admin",
        "The administration lists users.",
        "The admin lists users.",
    ),
    Word(
        r"(?<!TCP\s)(?<!Unix\s)(?<!control\s)(?<!import\s)(?<!list\[)sockets?(?!\.\w)",
        "WebSocket, or TCP socket",
        "Close the sockets.",
        "Close WebSockets, the TCP socket and socket.socket.",
    ),
    Word(
        r"refus(?:e|es|ed|ing|al|als)(?<!connection\srefused)(?<!connections\srefused)"
        r"(?! (?:to|(?:a |the |new |more )?connections?)\b)",
        "reject, or cannot",
        "Refuse a weak password.",
        "The server refuses connections, connection refused; it refuses to start.",
    ),
    Word(r"whoever", "the actor", "Whoever calls this pays.", "The caller pays."),
    Word(
        r"in any capitals",
        "case-insensitive",
        "The word in any capitals.",
        "In capitals.",
    ),
    Word(r"mend(?:s|ed|ing)?", "fix", "It mends the file.", "It amends the file."),
    Word(
        r"(?-i:meanwhile)",
        "while ..., or nothing",
        "A row was deleted meanwhile.",
        "Meanwhile, the row stays.",
    ),
    Word(
        r"by (?:itself|themselves)",
        "automatically, or alone",
        "It starts by itself.",
        "It starts the server itself.",
    ),
    Word(
        r"(?<!there\s)(?<!There\s)(?:is|are|was|were) no"
        r"(?= (?!longer\b|more\b|less\b|other than\b)\w)",
        "is not a ...",
        "What is no queryset is skipped.",
        "There is no queryset; it is no longer skipped.",
    ),
    Word(
        r"let(?:s|ting)? go of",
        "release, or invalidate",
        "Let go of the lock.",
        "Let the job go.",
    ),
    Word(r"dear", "expensive", "A view that is dear.", "A dearth of views."),
    Word(
        r"remember(?:s|ed|ing)?",
        "cache, store, or keep",
        "The count is remembered.",
        "The count is cached.",
    ),
    Word(
        r"(?:tell|tells|telling|told)(?: \w+){0,3} apart",
        "distinguish",
        "It tells the two apart.",
        "It tells the two, apart from that.",
    ),
    Word(r"lines? of (?:a|the) table", "row", "Each line of a table.", "A table row."),
    Word(r"beyond (?:a|the) row", "after a row", "Begin beyond a row.", "Beyond that."),
    Word(
        r"and (?:its|their|the) like",
        "the things that are meant",
        "Closed connections and their like.",
        "Closed connections and their likely causes.",
    ),
    Word(
        r"at once",
        "immediately, or at the same time",
        "It fails at once.",
        "It fails at one place.",
    ),
    Word(r"belong(?:s|ing)? into", "belong in", "It belongs into core.", "In core."),
    Word(r"anew", "again", "It starts anew.", "It starts a new one."),
    Word(
        r"prove[sdn]? who (?:they|he|she|it) (?:are|is)",
        "authenticate",
        "Users who have proved who they are.",
        "Users who have proved it.",
    ),
)

SKIPPED = re.compile(
    r"uv\.lock$|LICENSE|benchmarks/results/|tests/test_prose\.py$|\.(?:png|ico|json|lua)$"
)
PYTHON = re.compile(r"\.py(?:\.jinja|-tpl)?$")
RELEASED = re.compile(r"^## \[\d.*", re.MULTILINE | re.DOTALL)
FENCE = re.compile(r"^([ >]*(?:```|~~~)).*?^\1", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"(`+)[^`]+?\1|\{[{%].+?[%}]\}|https?://\S+", re.DOTALL)
NOT_CODE = {tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}


def hidden(text: str) -> str:
    """Return text of the same length and lines in which nothing can be found."""
    return re.sub(r"\S", "|", text)


def prose_of_python(text: str) -> str:
    """Return the comments, texts and test names of a module, each in its place."""
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    found = [*text]
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        begin = starts[token.start[0] - 1] + token.start[1]
        end = begin + len(token.string)
        part = text[begin:end]
        if token.type == tokenize.COMMENT:
            shown = part.replace("#", " ")
        elif token.type == tokenize.STRING:
            # A text without a space is a name or a path.
            shown = re.sub(r"^\w*['\"]+|['\"]+$", lambda m: " " * len(m[0]), part)
            shown = shown if re.search(r"\s", shown.strip()) else hidden(part)
        elif token.type == tokenize.FSTRING_MIDDLE:
            end = starts[token.end[0] - 1] + token.end[1]
            shown = text[begin:end]
        elif token.type in {tokenize.FSTRING_START, tokenize.FSTRING_END}:
            shown = " " * len(part)
        elif token.type == tokenize.NAME and part.startswith("test_"):
            shown = part.replace("_", " ")
        elif token.type in NOT_CODE:
            continue
        else:
            shown = hidden(part)
        found[begin:end] = shown
    return "".join(found)


def prose(path: str, text: str) -> str:
    """Return a file's text with all that is code hidden."""
    if PYTHON.search(path):
        text = prose_of_python(text)
    elif path.endswith("CHANGELOG.md"):
        text = RELEASED.sub("", text)
    if path.endswith((".md", ".md.jinja")):
        text = FENCE.sub(lambda match: hidden(match[0]), text)
    else:
        text = re.sub(r"^(\s*)(?:#|//)", r"\1 ", text, flags=re.MULTILINE)
    return CODE.sub(lambda match: hidden(match[0]), text)


def expression(pattern: str) -> re.Pattern[str]:
    """Return a pattern that matches whole words, but not parts of names and paths."""
    spaced = pattern.replace(" ", r"\s+")
    return re.compile(rf"(?<![\w./:-])(?:{spaced})(?![\w/(=-])", re.IGNORECASE)


EXPRESSIONS = [(expression(word.pattern), word.instead) for word in WORDS]


def findings(path: str, text: str) -> "Iterator[str]":
    """Yield where a file has words to avoid, and what to write, one line each."""
    shown = prose(path, text)
    for pattern, instead in EXPRESSIONS:
        for match in pattern.finditer(shown):
            line = shown.count("\n", 0, match.start()) + 1
            said = " ".join(match[0].split())
            yield f'{path}:{line}: "{said}"; write: {instead}'


def files() -> list[str]:
    """Return the text files of the repository and the template."""
    listed = git(REPOSITORY, "ls-files", "-z", "-co", "--exclude-standard").split("\0")
    return [
        name
        for name in listed
        if name and not SKIPPED.search(name) and (REPOSITORY / name).is_file()
    ]


def test_no_text_has_a_word_to_avoid() -> None:
    found = [
        line
        for name in files()
        for line in findings(name, (REPOSITORY / name).read_text(encoding="utf-8"))
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("word", WORDS, ids=lambda word: word.instead)
def test_a_word_to_avoid_is_found(word: Word) -> None:
    wrong = word.wrong.replace(" ", "\n")
    for path, text in (
        ("a.md", word.wrong),
        ("a.md", wrong),
        ("a.py", f'"""{word.wrong}"""\n'),
        ("a.py", f"# {word.wrong}\n"),
        ("a.py", "\n".join(f"# {part}" for part in word.wrong.split()) + "\n"),
        ("a.py.jinja", f'# % if use_x\nx = f"{{1}} {word.wrong}"\n# % endif\n'),
        ("a.yml", f"# {word.wrong}\n"),
    ):
        found = [*findings(path, text)]
        assert len(found) == 1, text
        assert word.instead in found[0]
    assert [*findings("a.md", word.right)] == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.md", "`sockets`, and\n\n```python\nsockets = 1\n```\n"),
        ("a.md", "tests/sockets.py, sockets=1 and no-control-socket\n"),
        ("a.py", "import socket\n\nsockets = socket.socket(at, once)\n"),
        ("a.py", 'x = ["sockets", "at", "once"]\n'),
        ("a.py", '"""Code such as `refused`."""\n'),
        ("a.md.jinja", "{{ refused }}{% if sockets %}\n"),
        ("CHANGELOG.md", "## [Unreleased]\n\n## [1.0.0] - 2026-01-01\n\nAt once.\n"),
    ],
    ids=["markdown", "names", "python", "words", "docstring", "jinja", "released"],
)
def test_code_is_not_prose(path: str, text: str) -> None:
    assert [*findings(path, text)] == []


def test_a_name_of_a_test_is_prose() -> None:
    (found,) = findings("a.py", "\n\ndef test_it_fails_at_once() -> None: ...\n")
    assert found.startswith('a.py:3: "at once"')


def test_a_changelog_is_read_up_to_its_first_release() -> None:
    text = "## [Unreleased]\n\nAt once.\n\n## [1.0.0] - 2026-01-01\n\nAt once.\n"
    assert len([*findings("CHANGELOG.md", text)]) == 1
