"""Tests of the system checks."""

from typing import TYPE_CHECKING

import pytest
from django.core.checks import run_checks

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django import Settings as SettingsFixture

EXAMPLE = """\
# A comment with NAME=value inside
SECRET_KEY=
# WEB_CONCURRENCY=3
POSTGRES_PASSWORD=
"""


@pytest.fixture
def project(tmp_path: "Path", settings: "SettingsFixture") -> "Path":
    """Return a folder with an `.env.example` that replaces the project."""
    (tmp_path / ".env.example").write_text(EXAMPLE)
    settings.BASE_DIR = tmp_path
    return tmp_path


def warnings() -> dict[str, str]:
    """Run all checks and return the messages about `.env` with their hints."""
    return {
        message.msg: message.hint or ""
        for message in run_checks()
        if message.id == "core.W001"
    }


def test_misspelled_key_is_reported_with_a_suggestion(project: "Path") -> None:
    (project / ".env").write_text("THROTLE_ANON=10/hour\n")

    found = warnings()

    assert list(found) == ["No setting reads THROTLE_ANON, a key in .env."]
    assert "Did you mean THROTTLE_ANON?" in found.popitem()[1]


def test_unknown_key_is_reported_without_a_suggestion(project: "Path") -> None:
    (project / ".env").write_text("NAME=value\n")

    (hint,) = warnings().values()

    assert hint == "If another program reads it, add '# NAME=' to .env.example."


@pytest.mark.parametrize(
    "line",
    [
        "SECRET_KEY=value",
        "throttle_anon=10/hour",
        "export THROTTLE_USER=10/hour",
        "WEB_CONCURRENCY=2",
        "POSTGRES_PASSWORD=value",
        "# THROTLE_ANON=10/hour",
        'SECRET_KEY="first\nSECOND=line"',
    ],
)
def test_known_key_is_accepted(project: "Path", line: str) -> None:
    (project / ".env").write_text(f"{line}\n")

    assert not warnings()


def test_key_in_env_example_is_accepted(project: "Path") -> None:
    (project / ".env").write_text("COMPOSE_PROJECT_NAME=shop\n")
    assert warnings()

    with (project / ".env.example").open("a") as example:
        example.write("# COMPOSE_PROJECT_NAME=\n")

    assert not warnings()


def test_missing_env_file_is_accepted(project: "Path") -> None:
    assert not (project / ".env").exists()
    assert not warnings()


def test_nothing_is_checked_without_env_example(project: "Path") -> None:
    (project / ".env.example").unlink()
    assert not warnings()

    (project / ".env").write_text("POSTGRES_PASSWORD=value\n")

    assert not warnings()
