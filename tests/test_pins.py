"""A bot can raise every version that is pinned here, and places that belong together."""

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from extensions.django_arch import PINS
from tests.project import REPOSITORY, git, run, tool

if TYPE_CHECKING:
    from collections.abc import Iterator

# What Renovate reads without a pattern of ours, in the workflows of this repository.
BUILT_IN = re.compile(r"uses: \S+@[0-9a-f]{40} # v[0-9.]+$|^ +image: [^\s{]+:\d")
PLACES = (
    *(".ci", ".github", "README.md", "copier.yml", "extensions/django_arch.py"),
    *("template/.ci", "template/.devcontainer", "template/.github"),
    *("template/.gitlab-ci.yml.jinja", "template/Dockerfile.jinja"),
    *("template/docker-compose.yml.jinja", "tests/test_generated_ci.py"),
)
PIN = re.compile(
    r"uses: \S+@"
    r"|^ *-?\s*image: [^\s{]+:\d"
    r'|^ +version: "\d'
    r'|^  default: "\d+\.\d'
    r"|_version` \| \d"
    r"|\w@\d+\.\d+\.\d+(?![\d.])"
    rf'|^    "({"|".join(PINS)})": "'
)


def pinned(text: str) -> "Iterator[int]":
    """Yield the numbers of the lines that pin a version."""
    for number, line in enumerate(text.splitlines()):
        if PIN.search(line):
            yield number


def raised(path: str, text: str, settings: dict[str, Any]) -> "Iterator[int]":
    """Yield the numbers of the lines that the bot can change."""
    if path.startswith(".github/workflows/"):
        for number, line in enumerate(text.splitlines()):
            if BUILT_IN.search(line):
                yield number
    for manager in settings["customManagers"]:
        patterns = (part.strip("/") for part in manager["managerFilePatterns"])
        if not any(re.search(pattern, path) for pattern in patterns):
            continue
        for pattern in manager["matchStrings"]:
            for match in re.finditer(pattern.replace("(?<", "(?P<"), text):
                found = match.groupdict() | manager
                assert found.get("datasource") or found.get("datasourceTemplate")
                yield text.count("\n", 0, match.start("currentValue"))


def unreadable(path: str, text: str) -> list[str]:
    """Return the lines with a pin that the bot cannot read."""
    settings = json.loads((REPOSITORY / "renovate.json").read_text())
    readable = set(raised(path, text, settings))
    lines = text.splitlines()
    return [
        f"{path}: {lines[number].strip()}"
        for number in pinned(text)
        if number not in readable
    ]


def files() -> dict[str, str]:
    listed = git(REPOSITORY, "ls-files", "-z", "-co", "--exclude-standard", *PLACES)
    return {
        name: (REPOSITORY / name).read_text() for name in listed.split("\0") if name
    }


def test_a_bot_can_read_every_pin() -> None:
    found = files()
    assert sum(len(list(pinned(text))) for text in found.values()) > 20
    assert [line for path in found for line in unreadable(path, found[path])] == []


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("extensions/django_arch.py", "depName=ruff", "ruff"),
        ("copier.yml", "  # renovate: datasource=docker depName=redis\n", ""),
        ("README.md", "`redis_version`", "`the_redis_version`"),
        (".ci/run", "# renovate: ", "# "),
        ("tests/test_generated_ci.py", "# renovate: ", "# "),
        (".github/workflows/ci.yml", "# renovate: ", "# "),
        (".github/workflows/weekly.yml", " # v7.0.1", ""),
        ("template/.github/workflows/ci.yml.jinja", " # v7.0.1", ""),
        (
            "template/.gitlab-ci.yml.jinja",
            "image: docker:28",
            "image: my.registry/x:28",
        ),
    ],
)
def test_a_pin_that_no_bot_can_read_is_found(path: str, old: str, new: str) -> None:
    text = files()[path]
    assert old in text
    assert unreadable(path, text) == []
    assert unreadable(path, text.replace(old, new))


def test_every_pin_of_the_template_is_annotated() -> None:
    text = files()["extensions/django_arch.py"]
    assert len(list(pinned(text))) == len(PINS)


def test_the_settings_of_the_bot_are_valid() -> None:
    schema = ("--builtin-schema", "vendor.renovate")
    run(tool("check-jsonschema"), *schema, REPOSITORY / "renovate.json")


def test_the_workflows_use_the_actions_and_the_uv_of_the_template() -> None:
    found = files()
    actions: dict[str, set[str]] = {}
    for path, text in found.items():
        for name, version in re.findall(r"uses: ([\w/-]+)@(.+)", text):
            actions.setdefault(name, set()).add(version)
        if path.startswith(".github/workflows/"):
            for version in re.findall(r'^ +version: "(.+)"', text, re.MULTILINE):
                assert version == PINS["uv"], path
            for version in re.findall(r'python-version: "(.+)"', text):
                assert version == PINS["python"], path
    assert all(len(versions) == 1 for versions in actions.values()), actions
