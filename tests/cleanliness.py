"""Checks of every rendered file: clean text that parses."""

import itertools
import json
import re
import tomllib
from typing import TYPE_CHECKING

import yaml

from extensions.django_arch import python_string, quoted
from tests.options import questions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ANSWERS = "|".join([*questions(), "pins", "_copier_\\w+"])
LEFTOVER_ANSWER = re.compile(
    rf"(?<!\$)\{{\{{[^}}\n]*\b({ANSWERS})\b|^\s*# % ", re.MULTILINE
)
LEFTOVER_BLOCK = re.compile(r"\{%")
DJANGO_TEMPLATE = re.compile(r"/templates/|-tpl$")


def parse_yaml(text: str) -> None:
    list(yaml.safe_load_all(text))


PARSERS: "dict[str, Callable[[str], object]]" = {
    ".json": json.loads,
    ".toml": tomllib.loads,
    ".yaml": parse_yaml,
    ".yml": parse_yaml,
}


def text_problems(path: str, text: str) -> "Iterator[str]":
    if path.endswith(".jinja"):
        yield "keeps its template suffix"
    if "\r" in text:
        yield "has a carriage return"
    if text and (not text.endswith("\n") or text.endswith("\n\n")):
        yield "does not end with one newline"
    if re.search(r"[ \t]$", text, re.MULTILINE):
        yield "has trailing space"
    for suffix, parse in PARSERS.items():
        if path.endswith(suffix):
            try:
                parse(text)
            except (ValueError, yaml.YAMLError) as error:
                yield f"does not parse: {error}"


def written_forms(answer: str) -> tuple[str, ...]:
    """Return how a text stands in Markdown, TOML, YAML and Python."""
    return (
        answer,
        quoted(answer)[1:-1],
        answer.replace("'", "''"),
        python_string(answer)[1:-1],
    )


def problems(files: dict[str, bytes], *answers: str) -> list[str]:
    """Return what is wrong, one line each; the text of answers is allowed."""
    found = []
    for path, content in files.items():
        text = content.decode()
        found += [f"{path} {problem}" for problem in text_problems(path, text)]
        for form in itertools.chain.from_iterable(map(written_forms, answers)):
            text = text.replace(form, "")
        block = LEFTOVER_BLOCK.search(text) and not DJANGO_TEMPLATE.search(path)
        if block or LEFTOVER_ANSWER.search(text):
            found.append(f"{path} has leftover Jinja")
    return found
