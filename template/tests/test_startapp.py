"""Tests of `manage.py startapp`."""

import ast
import io
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings as project_settings
from django.core.management import CommandError, call_command

from apps.core.startapp import naming

if TYPE_CHECKING:
    from pytest_django import Settings


@pytest.fixture
def project(tmp_path: Path, settings: "Settings") -> Path:
    """Return a copy of the files that the command reads and writes."""
    root = Path(project_settings.BASE_DIR)
    shutil.copytree(root / "config", tmp_path / "config")
    shutil.copy(root / "pyproject.toml", tmp_path)
    (tmp_path / "apps" / "taken").mkdir(parents=True)
    settings.BASE_DIR = tmp_path
    return tmp_path


def files(folder: Path) -> dict[str, str]:
    """Return the source files of a folder by their paths."""
    return {
        str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*.py")
    }


def test_creates_and_registers_a_layered_app(project: Path) -> None:
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


def test_creates_empty_layers_with_minimal(project: Path) -> None:
    call_command("startapp", "made_up_ideas", minimal=True, stdout=io.StringIO())

    made = files(project / "apps" / "made_up_ideas")
    assert made["services.py"].startswith('"""Writes')
    assert "class" not in made["models.py"] + made["views.py"]


@pytest.mark.parametrize(
    "name",
    [
        *("", "Orders", "1st", "two words", "../up", "a__b", "_a", "a_", "é", "x" * 41),
        *("class", "match", "list", "views", "services"),
        *("taken", "core", "users", "sessions"),
        *("django", "apps", "config", "json"),
        # Its URL names would be those of the users app.
        "user",
    ],
)
def test_rejects_an_app_name_and_writes_nothing(project: Path, name: str) -> None:
    before = files(project)

    with pytest.raises(CommandError) as error:
        call_command("startapp", name)

    assert "\n" not in str(error.value)
    assert files(project) == before


@pytest.mark.parametrize(
    "model",
    [
        *("order", "Two Words", "X" * 41, "Ордер", "X", "TestRun", "Order;drop"),
        *("None", "Class", "List", "ValueError"),
        *("BaseModel", "Meta", "Name", "QuerySet", "Response", "Url", "Admin"),
        *("DateTimeRange", "Ordering", "Serializer", "ListAPI", "Request"),
        *("Error", "Login", "LoginRequest", "Register", "AuthTokens"),
        *("User", "Group", "Session"),
    ],
)
def test_rejects_a_model_name_and_writes_nothing(project: Path, model: str) -> None:
    before = files(project)

    with pytest.raises(CommandError) as error:
        call_command("startapp", "made_up_things", model=model)

    assert "\n" not in str(error.value)
    assert files(project) == before


@pytest.mark.parametrize("app", ["services", "names", "users"])
def test_rejects_the_guessed_model_name(project: Path, app: str) -> None:
    before = files(project)

    with pytest.raises(CommandError, match=r"reserved word|exists already"):
        call_command("startapp", app)

    assert files(project) == before


def test_reserved_words_include_the_names_in_the_templates(project: Path) -> None:
    call_command("startapp", "made_up_orders", stdout=io.StringIO())

    used = set()
    for text in files(project / "apps" / "made_up_orders").values():
        for node in ast.walk(ast.parse(text)):
            match node:
                case ast.Name(id=name) | ast.arg(arg=name) | ast.ClassDef(name=name):
                    used.add(name)
                case ast.alias(name=name, asname=asname):
                    used.add((asname or name).partition(".")[0])
    own = {name for name in used if re.match("_|made_?up|is_?made", name.lower())}
    assert used - own <= naming.PYTHON | naming.RESERVED


@pytest.mark.parametrize(
    ("app", "model"),
    [
        ("purchase_orders", "PurchaseOrder"),
        ("categories", "Category"),
        ("boxes", "Box"),
        ("branches", "Branch"),
        ("houses", "House"),
        ("addresses", "Address"),
        ("status", "Status"),
        ("news", "News"),
        ("data", "Data"),
        ("series", "Series"),
    ],
)
def test_derives_the_model_name_from_the_app_name(app: str, model: str) -> None:
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


def test_rejects_settings_without_the_anchor(project: Path) -> None:
    urls = project / "config" / "urls.py"
    urls.write_text("urlpatterns = []\n")
    before = files(project)

    with pytest.raises(CommandError, match=r"config/urls\.py lacks the line"):
        call_command("startapp", "made_up_things")

    assert files(project) == before
