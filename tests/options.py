"""The options of the template: what copier.yml asks, and what tests know of each."""

import functools
import itertools
import tomllib
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import yaml

from tests.project import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

FACTS = REPOSITORY / "tests" / "options.toml"

type Answers = dict[str, str | bool]


@dataclass(frozen=True)
class Facts:
    """What tests know of an option; options.toml describes each of them."""

    small: list[str]
    words: list[str]
    tables: str
    services: list[str]
    containers: list[str]


@functools.cache
def parse(questionnaire: str) -> dict[str, Any]:
    """Return the content of a copier.yml, whose text takes long to parse."""
    settings: dict[str, Any] = yaml.safe_load(questionnaire)
    return settings


def questions(source: "Path" = REPOSITORY) -> dict[str, dict[str, object]]:
    """Return what copier.yml asks, without its settings and checks."""
    settings = parse((source / "copier.yml").read_text())
    return {
        name: details
        for name, details in settings.items()
        if not name.startswith("_") and "default" in details
    }


def options(source: "Path" = REPOSITORY) -> list[str]:
    return [
        name for name, asked in questions(source).items() if asked["type"] == "bool"
    ]


def everything(source: "Path" = REPOSITORY) -> Answers:
    """Return the answers that switch every option on."""
    return dict.fromkeys(options(source), True)


def read_facts(path: "Path" = FACTS) -> dict[str, Facts]:
    return {
        option: Facts(**facts)
        for option, facts in tomllib.loads(path.read_text()).items()
    }


def missing_facts(source: "Path" = REPOSITORY, path: "Path" = FACTS) -> list[str]:
    """Return what options.toml lacks or has too much, one line each."""
    found = tomllib.loads(path.read_text())
    known = {field.name for field in fields(Facts)}
    lines = [
        f"{option}: {name}"
        for option in options(source)
        for name in sorted(known ^ set(found.get(option, ())))
    ]
    return lines + sorted(set(found) - set(options(source)))


def closed_answers(
    source: "Path" = REPOSITORY,
) -> dict[str, tuple[str | bool, ...]]:
    """Return the questions that decide about whole files, with all their answers.

    The licence changes two texts and is not crossed with the rest.
    """
    closed: dict[str, tuple[str | bool, ...]] = dict.fromkeys(
        options(source), (False, True)
    )
    providers = questions(source)["ci_provider"]["choices"]
    assert isinstance(providers, list)
    return closed | {"ci_provider": tuple(providers)}


def combinations(source: "Path" = REPOSITORY) -> "Iterator[Answers]":
    """Yield every combination of options and providers."""
    closed = closed_answers(source)
    for values in itertools.product(*closed.values()):
        yield dict(zip(closed, values, strict=True))


type Pair = frozenset[tuple[str, str | bool]]


def pairs(answers: Answers) -> set[Pair]:
    """Return each pair of answers in these."""
    return {frozenset(pair) for pair in itertools.combinations(answers.items(), 2)}


def opposite(answers: Answers) -> Answers:
    """Return the answers with every option switched."""
    return {
        name: not value if isinstance(value, bool) else value
        for name, value in answers.items()
    }


def covering_rows(closed: "dict[str, tuple[str | bool, ...]]") -> list[Answers]:
    """Return few rows in which every pair of answers occurs.

    Rows come in twos, which are opposites: first every option off and every option on,
    then those that add the most pairs. Equal questions give equal rows.

    Args:
        closed: The answers to each question.
    """
    every = [
        dict(zip(closed, values, strict=True))
        for values in itertools.product(*closed.values())
    ]
    twos = [(row, pairs(row) | pairs(opposite(row))) for row in every]
    missing = set[Pair]().union(*(new for _, new in twos))
    rows: list[Answers] = []
    while missing:
        row, new = max(twos, key=lambda two: len(two[1] & missing) if rows else 0)
        rows += [row, opposite(row)]
        missing -= new
    return rows


def named(answers: Answers) -> str:
    """Name a row: its options that are on, and its provider."""
    on = [name.removeprefix("use_") for name, value in answers.items() if value is True]
    return "-".join([*on, *(v for v in answers.values() if isinstance(v, str))])


def uncovered(
    rows: "Iterable[Answers]", closed: "dict[str, tuple[str | bool, ...]]"
) -> set[Pair]:
    """Return the pairs of answers that no row has."""
    names = itertools.combinations(closed, 2)
    every = {
        frozenset({(one, value), (other, another)})
        for one, other in names
        for value, another in itertools.product(closed[one], closed[other])
    }
    return every.difference(*map(pairs, rows))
