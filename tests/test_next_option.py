"""The example of CONTRIBUTING.md adds an option that works, and each mistake is caught.

Mistakes that show in a render are caught by `uv run pytest`, those that only show in a
running project by the checks of the rows in test_combinations.py.
"""

import re
import shutil
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from tests.options import everything, missing_facts, read_facts
from tests.project import REPOSITORY, copy_tree
from tests.renders import Renderer
from tests.shared import SUITE
from tests.test_combinations import blemishes, left_behind, lint
from tests.updates import replace_text

if TYPE_CHECKING:
    from pathlib import Path

    from tests.project import Project
    from tests.shared import Shared

OPTION = "use_password_variety"
STEP = re.compile(r"\bIn `([^`]+)`:\n\n```(\w+)\n(.*?)```\n", re.DOTALL)
CODE = "template/apps/users/variety.py"
RENDERED = "apps/users/variety.py"
OWN_TESTS = "apps/users/tests/test_variety.py"
SETTINGS = "template/config/settings.py.jinja"


@dataclass(frozen=True)
class Planted:
    """A copy of the template, and of the facts, with another option.

    Attributes:
        source: Where it is.
    """

    source: "Path"

    @property
    def facts(self) -> "Path":
        return self.source / "tests" / "options.toml"

    def follow(self, path: str, language: str, text: str) -> None:
        """Do one step of the example: insert, append or write what it shows."""
        file = self.source / path
        if language == "diff":
            lines = text.splitlines(keepends=True)
            old = "".join(line[1:] for line in lines if line.startswith(" "))
            assert file.read_text().count(old) == 1, path
            replace_text(file, old, "".join(line[1:] for line in lines))
        elif file.exists():
            replace_text(file, "", text)
        else:
            file.write_text(text)

    def renderer(self) -> Renderer:
        return Renderer(self.source)

    def left_behind(self) -> list[str]:
        return left_behind(self.renderer(), read_facts(self.facts))


def steps() -> list[tuple[str, str, str]]:
    """Return file, language and text of each step."""
    text = (REPOSITORY / "CONTRIBUTING.md").read_text()
    _, _, example = text.partition("\n## Adding the next option\n")
    return STEP.findall(example.partition("\n## ")[0])


@pytest.fixture
def planted(source: "Path", tmp_path: "Path") -> Planted:
    """Return the template with the option of the example."""
    copy_tree(source, tmp_path / "source")
    planted = Planted(tmp_path / "source")
    planted.facts.parent.mkdir()
    shutil.copy(REPOSITORY / "tests" / "options.toml", planted.facts)
    shutil.copy(REPOSITORY / "README.md", planted.source)
    for step in steps():
        planted.follow(*step)
    return planted


@pytest.fixture
def copied(planted: Planted, shared: "Shared", tmp_path: "Path") -> "Project":
    """Return a project with every option and this one, installed."""
    own = replace(shared, source=planted.source, folder=tmp_path / "shared")
    answers = everything(planted.source)
    assert answers[OPTION]
    return shared.installed(own.copied(answers))


def test_the_example_has_a_question_ownership_files_and_facts() -> None:
    files = [path for path, _, _ in steps()]
    assert files[:3] == ["copier.yml", "README.md", "copier.yml"]
    assert {CODE, SETTINGS} <= set(files)
    assert files[-1] == "tests/options.toml"


def test_the_example_is_clean_in_every_combination(
    planted: Planted, tmp_path: "Path"
) -> None:
    assert missing_facts(planted.source, planted.facts) == []
    renderer = planted.renderer()
    variants = list(renderer.variants())
    assert RENDERED in {variant.path for variant in variants}
    assert blemishes(variants) == []
    assert planted.left_behind() == []
    lint(renderer, tmp_path / "linted")


def test_a_word_left_behind_is_caught(planted: Planted) -> None:
    """By test_no_combination_has_a_word_of_what_it_lacks, in `uv run pytest`."""
    settings = planted.source / SETTINGS
    [block] = re.findall(
        rf"# % if {OPTION}\n(.+?)# % endif\n", settings.read_text(), re.S
    )
    replace_text(settings, f"# % if {OPTION}\n{block}# % endif\n", block)
    assert any("config/settings.py" in line for line in planted.left_behind())


def test_a_file_that_nobody_owns_is_caught(planted: Planted) -> None:
    """By the same test: its name is a word of the option."""
    (planted.source / "template" / "docs" / "variety.md").write_text("# Passwords\n")
    assert any("docs/variety.md" in line for line in planted.left_behind())


def test_an_option_without_facts_is_caught(planted: Planted) -> None:
    """By test_every_option_has_its_facts, in `uv run pytest`."""
    shutil.copy(REPOSITORY / "tests" / "options.toml", planted.facts)
    assert any(OPTION in line for line in missing_facts(planted.source, planted.facts))


def test_code_that_the_linter_rejects_is_caught(
    planted: Planted, tmp_path: "Path"
) -> None:
    """By test_every_file_of_every_combination_passes_the_linter, in `uv run pytest`."""
    replace_text(planted.source / CODE, "", "\nimport os\n")
    with pytest.raises(AssertionError, match="F401"):
        lint(planted.renderer(), tmp_path / "linted")


@pytest.mark.exhaustive
@pytest.mark.combinations
def test_the_example_passes_the_checks(copied: "Project") -> None:
    for target in ("deploy", "lint", "contracts", "types"):
        copied.run("make", target)
    copied.run(*SUITE, OWN_TESTS, "tests/test_architecture.py")


@pytest.mark.exhaustive
@pytest.mark.combinations
def test_a_module_that_cannot_be_imported_is_caught(copied: "Project") -> None:
    """By the suite of the row with every option, in `.ci/run everyday`.

    The types do not show this: what JSON holds may have any attribute.
    """
    broken = 'import json\n\nLIMIT = json.loads("5").no_such_attribute()\n'
    replace_text(
        copied.path / RENDERED, "if TYPE_CHECKING:", f"{broken}if TYPE_CHECKING:"
    )
    result = copied.run(*SUITE, OWN_TESTS, check=False)
    assert result.returncode
    assert "no_such_attribute" in result.stdout


@pytest.mark.exhaustive
@pytest.mark.combinations
def test_a_wrong_type_is_caught(copied: "Project") -> None:
    """By the target `types` of the row with every option, in `.ci/run everyday`."""
    replace_text(copied.path / RENDERED, "return f", "return len(self) or f")
    result = copied.run("make", "types", check=False)
    assert result.returncode
    assert RENDERED in result.stdout
