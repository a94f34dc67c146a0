"""Each option has its facts, and these are true; few rows cover every pair of answers."""

import ast
from typing import TYPE_CHECKING

import pytest
import yaml

from extensions.update.history import TABLES
from tests.options import (
    FACTS,
    closed_answers,
    covering_rows,
    everything,
    missing_facts,
    options,
    read_facts,
    uncovered,
)
from tests.renders import Renderer
from tests.test_services import SERVICES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.options import Answers
    from tests.shared import Shared

# Installed apps with tables of their own, which are none of ours and none of Django's.
INSTALLED_TABLES = (
    "from django.apps import apps; "
    "print([c.label for c in apps.get_app_configs() if list(c.get_models())"
    " and not c.name.startswith(('apps.', 'django.contrib.'))])"
)


@pytest.fixture(scope="module")
def renderer(hookless_source: "Path") -> Renderer:
    return Renderer(hookless_source)


def test_every_option_has_its_facts() -> None:
    assert missing_facts() == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[use_jwt]", "[use_jwt2]"),
        ('words = ["jwt"]\n', ""),
        ('words = ["jwt"]\n', 'words = ["jwt"]\ncolour = "red"\n'),
    ],
    ids=["another option", "a fact that lacks", "an unknown fact"],
)
def test_an_option_without_a_fact_is_found(
    tmp_path: "Path", old: str, new: str
) -> None:
    known = FACTS.read_text()
    assert old in known
    facts = tmp_path / "options.toml"
    facts.write_text(known.replace(old, new, 1))
    assert any(line.startswith("use_jwt") for line in missing_facts(path=facts))


@pytest.mark.parametrize("option", options())
def test_the_small_files_show_the_option(renderer: Renderer, option: str) -> None:
    """Switched in one of two projects: some of them come or go in each."""
    small = set(read_facts()[option].small)
    off: Answers = dict.fromkeys(options(), False)
    for answers in (off, everything()):
        before: Answers = answers | {option: False}
        after: Answers = answers | {option: True}
        assert small & (set(renderer.render(before)) ^ set(renderer.render(after)))
    assert small <= {
        path
        for answers in (everything(), everything() | {option: False})
        for path in renderer.render(answers)
    }


@pytest.mark.parametrize("option", options())
def test_the_containers_of_an_option_are_those_it_adds(
    renderer: Renderer, option: str
) -> None:
    def services(answers: "Answers") -> set[str]:
        compose = renderer.render(answers)["docker-compose.yml"]
        return set(yaml.safe_load(compose)["services"])

    added = services({option: True}) - services({})
    assert added == set(read_facts()[option].containers)


def test_each_service_that_an_option_needs_is_started_by_the_run() -> None:
    started = {setting.partition("_")[0].lower() for setting in SERVICES}
    assert {s for facts in read_facts().values() for s in facts.services} <= started


def test_the_tables_that_stay_behind_are_those_the_update_reports() -> None:
    tables = {name: facts.tables for name, facts in read_facts().items()}
    assert {name: app for name, app in tables.items() if app} == TABLES


@pytest.mark.exhaustive
def test_no_installed_app_has_tables_that_the_facts_do_not_name(
    shared: "Shared", tmp_path: "Path"
) -> None:
    found = []
    for answers in ({}, everything()):
        copied = shared.installed(shared.copied(answers))
        project = copied.copy_to(tmp_path / str(len(answers)))
        command = ("shell", "--verbosity", "0", "--command", INSTALLED_TABLES)
        found.append(set(ast.literal_eval(project.manage(*command).stdout)))
    assert found[1] - found[0] == set(TABLES.values())


def test_the_rows_cover_every_pair_of_answers() -> None:
    rows = covering_rows(closed_answers())
    assert uncovered(rows, closed_answers()) == set()
    assert not any(rows[0][option] for option in options())
    assert all(rows[1][option] for option in options())
    # Without one of them, a pair is found to lack.
    assert uncovered(rows[:-1], closed_answers())


@pytest.mark.parametrize(("count", "rows"), [(1, 6), (3, 6), (7, 8), (10, 10)])
def test_more_options_need_few_more_rows(count: int, rows: int) -> None:
    closed: dict[str, tuple[str | bool, ...]] = {
        f"use_{number}": (False, True) for number in range(count)
    }
    closed |= {"ci_provider": ("github", "gitlab", "none")}
    found = covering_rows(closed)
    assert uncovered(found, closed) == set()
    assert len(found) <= rows
