"""Every combination of options and providers is clean, and every pair of them works.

All combinations are rendered in this process, and each distinct file is checked once.
The rows of a covering array, in which every pair of answers occurs, get every check.
"""

import re
from typing import TYPE_CHECKING

import pytest

from tests.cleanliness import problems
from tests.options import (
    closed_answers,
    combinations,
    covering_rows,
    named,
    questions,
    read_facts,
)
from tests.project import run, tool
from tests.renders import ANSWERS_FILE, Renderer
from tests.shared import check

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from tests.options import Answers, Facts
    from tests.project import Project
    from tests.renders import Variant
    from tests.shared import Shared

ROWS = covering_rows(closed_answers())
COPIES = 8


@pytest.fixture(scope="module")
def renderer(hookless_source: "Path") -> Renderer:
    return Renderer(hookless_source)


def blemishes(variants: "Iterable[Variant]") -> list[str]:
    """Return what is wrong with each file, and in which combination."""
    return [
        f"{named(variant.answers)}: {problem}"
        for variant in variants
        for problem in problems({variant.path: variant.content})
    ]


def lint(renderer: Renderer, folder: "Path") -> None:
    """Check every distinct Python file with the rules of its combination.

    Files of the first combination that has them lie together. By the paths of the others
    ruff sorts imports, so these are there, too, without content.
    """
    for variant in renderer.variants():
        root = folder / named(variant.answers)
        if not root.exists():
            project = renderer.render(variant.answers)
            for path in project:
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                if path.endswith(".py"):
                    (root / path).touch()
            (root / "pyproject.toml").write_bytes(project["pyproject.toml"])
        if variant.path.endswith(".py"):
            (root / variant.path).write_bytes(variant.content)
    run(tool("ruff"), "check", "--no-fix", "--no-cache", ".", cwd=folder)
    run(tool("ruff"), "format", "--check", "--no-cache", ".", cwd=folder)


def left_behind(renderer: Renderer, facts: "dict[str, Facts]") -> list[str]:
    """Return the files that name an option which is off in their project."""
    found = []
    seen = set()
    for answers in combinations(renderer.source):
        words = [
            word
            for option in facts
            if not answers.get(option, False)
            for word in facts[option].words
        ]
        for path, content in renderer.render(answers).items():
            if path == ANSWERS_FILE:
                continue
            for word in words:
                key = (path, content, word)
                if key in seen:
                    continue
                seen.add(key)
                if re.search(word, f"{path}\n{content.decode()}", re.IGNORECASE):
                    found.append(f"{named(answers)}: {path}: {word}")
    return found


def test_every_file_of_every_combination_is_clean(renderer: Renderer) -> None:
    variants = list(renderer.variants())
    assert len(variants) > len(renderer.files)
    assert blemishes(variants) == []


def test_every_file_of_every_combination_passes_the_linter(
    renderer: Renderer, tmp_path: "Path"
) -> None:
    lint(renderer, tmp_path)


def test_no_combination_has_a_word_of_what_it_lacks(renderer: Renderer) -> None:
    """Only the answers file names an option: it records that the answer was no."""
    assert left_behind(renderer, read_facts()) == []


def copies() -> "list[Answers]":
    """Return the rows of the covering array, and others until there are enough."""
    others = [answers for answers in combinations() if answers not in ROWS]
    return (ROWS + others)[: max(COPIES, len(ROWS))]


@pytest.mark.parametrize("answers", copies(), ids=named)
def test_a_render_in_this_process_equals_one_by_copier(
    renderer: Renderer, render_anew: "Callable[..., Project]", answers: "Answers"
) -> None:
    copied = render_anew(**answers).files()
    rendered = renderer.render(answers)
    assert set(rendered) == set(copied)
    assert [path for path in copied if rendered[path] != copied[path]] == []


def test_every_licence_is_clean_and_changes_two_files(renderer: Renderer) -> None:
    licences = questions()["license"]["choices"]
    assert isinstance(licences, list)
    renders = [renderer.render({"license": licence}) for licence in licences]
    assert len({files["LICENSE"] for files in renders}) == len(licences)
    for files in renders:
        assert problems(files) == []
        changed = {path for path in files if files[path] != renders[0][path]}
        assert changed <= {"LICENSE", "pyproject.toml", ANSWERS_FILE}


def test_other_versions_are_clean_and_change_the_containers(renderer: Renderer) -> None:
    files = renderer.render({"postgres_version": "17.2", "redis_version": "8"})
    assert problems(files) == []
    compose = files["docker-compose.yml"].decode()
    assert "image: postgres:17.2\n" in compose
    assert "image: redis:8-alpine\n" in compose


@pytest.mark.exhaustive
@pytest.mark.combinations
@pytest.mark.parametrize("answers", ROWS, ids=named)
def test_every_pair_of_answers_passes_every_check(
    shared: "Shared", tmp_path: "Path", answers: "Answers"
) -> None:
    project = shared.installed(shared.copied(answers)).copy_to(tmp_path / "shop")
    check(shared, project, coverage=answers in ROWS[:2])
    lock = project.read("uv.lock")
    for option, facts in read_facts().items():
        if not answers[option]:
            found = [w for w in facts.words if re.search(w, lock, re.IGNORECASE)]
            assert found == [], option
