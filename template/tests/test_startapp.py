"""Tests of `manage.py startapp`."""

import io
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings as project_settings
from django.core.management import CommandError, call_command

from apps.core.management import naming

if TYPE_CHECKING:
    from pytest_django import Settings


@pytest.fixture
def project(tmp_path: Path, settings: "Settings") -> Path:
    """A copy of what the command reads and writes."""
    root = Path(project_settings.BASE_DIR)
    shutil.copytree(root / "config", tmp_path / "config")
    shutil.copy(root / "pyproject.toml", tmp_path)
    taken = tmp_path / "apps" / "taken"
    taken.mkdir(parents=True)
    (taken / "serializers.py").write_text("class LoginSerializer:\n")
    settings.BASE_DIR = tmp_path
    return tmp_path


def files(folder: Path) -> dict[str, str]:
    """Read the source files of a folder."""
    return {
        str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*.py")
    }


def test_makes_and_registers_a_layered_app(project: Path) -> None:
    output = io.StringIO()

    call_command("startapp", "made_up_orders", stdout=output)

    made = files(project / "apps" / "made_up_orders")
    assert "class MadeUpOrder(BaseModel)" in made["models.py"]
    assert "made_up_order: MadeUpOrder" in made["services.py"]
    assert "migrations/0001_initial.py" in made
    assert "{{" not in "".join(made.values())
    assert '    "apps.made_up_orders",\n' in files(project)["config/settings.py"]
    assert 'include("apps.made_up_orders.urls")' in files(project)["config/urls.py"]
    assert "/api/v1/made-up-orders/" in output.getvalue()


def test_minimal_app_has_empty_layers(project: Path) -> None:
    call_command("startapp", "made_up_ideas", minimal=True, stdout=io.StringIO())

    made = files(project / "apps" / "made_up_ideas")
    assert made["services.py"].startswith('"""Writes')
    assert "class" not in made["models.py"] + made["views.py"]


@pytest.mark.parametrize(
    "name",
    [
        *("", "Orders", "1st", "two words", "../up", "a__b", "x" * 41),
        *("class", "match", "taken", "django", "apps", "config", "sessions", "json"),
        *("views", "services"),
    ],
)
def test_refuses_a_bad_name_and_writes_nothing(project: Path, name: str) -> None:
    before = files(project)

    with pytest.raises(CommandError):
        call_command("startapp", name)

    assert files(project) == before


@pytest.mark.parametrize(
    "model",
    [
        *("order", "Two Words", "None", "X" * 41, "Ордер", "X", "TestRun"),
        # They, or what is made of them, have a meaning in the app or in the API.
        *("List", "Class", "User", "Response", "QuerySet", "Ordering", "Name"),
        *("Url", "Serializer", "Login", "Error", "Meta", "BaseModel"),
    ],
)
def test_refuses_a_bad_model_and_writes_nothing(project: Path, model: str) -> None:
    before = files(project)

    with pytest.raises(CommandError):
        call_command("startapp", "made_up_things", model=model)

    assert files(project) == before


@pytest.mark.parametrize(
    ("app", "model"),
    [
        *(("purchase_orders", "PurchaseOrder"), ("categories", "Category")),
        *(("boxes", "Box"), ("branches", "Branch"), ("houses", "House")),
        *(("addresses", "Address"), ("status", "Status"), ("news", "News")),
        *(("data", "Data"), ("series", "Series")),
    ],
)
def test_guesses_the_model_from_the_app(app: str, model: str) -> None:
    assert naming.singular(app) == model


def test_writes_nothing_without_ruff(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = files(project)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sys, "executable", "/nowhere/python")

    with pytest.raises(CommandError, match="cannot be written or formatted"):
        call_command("startapp", "made_up_orders")

    assert files(project) == before
    assert not (project / "apps" / "made_up_orders").exists()


def test_says_what_is_missing_to_register(project: Path) -> None:
    urls = project / "config" / "urls.py"
    urls.write_text("urlpatterns = []\n")
    before = files(project)

    with pytest.raises(CommandError, match=r"config/urls\.py lacks the line"):
        call_command("startapp", "made_up_things")

    assert files(project) == before
