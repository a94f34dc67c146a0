"""The generated suite reports violations of the architecture, and nothing else."""

import ast
import re
from typing import TYPE_CHECKING

import pytest

from tests.plants import PLANTS, SURROUNDINGS
from tests.project import REPOSITORY, Project, copy_tree
from tests.renders import Renderer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

APPS = ("catalog", "invoices", "weather")
OPENAPI_HOOK = '        "apps.core.openapi.hooks.add_error_responses",'
ANCHOR = "    # `manage.py startapp` adds apps below this line.\n"
RULES = ("pytest", "-q", "--no-cov", "tests/test_architecture.py")
ADVICE = {
    "app-boundary": r"use the services and selectors of|through django\.conf|into the app",
    "async-orm": r"sync_to_async",
    "banned": r"settings\.AUTH_USER_MODEL|write a class|HasAdminRole",
    "docstring": r"lacks '(Args|Returns|Raises):'",
    "explicit-fields": r"list the fields by name",
    "logic-http": r"plain (values|arguments)",
    "placeholder": r"write the body|implement it|do it, or write an issue",
    "raw-sql": r"write the query with the ORM",
    "selector-write": r"move this to services\.py",
    "transport-orm": r"call a function of (services|selectors)\.py",
    "view-policy": r"must name its|login_not_required",
}
REPORTED = re.compile(r"^E +(?P<path>\S+):(?P<line>\d+): (?P<text>.+)$", re.MULTILINE)


def register(project: "Project", app: str) -> None:
    """Add an app to the settings and, if it has any, its URLs."""
    lines = {"settings.py": f'"apps.{app}",'}
    if (project.path / "apps" / app / "urls.py").exists():
        lines["urls.py"] = f'path("api/v1/", include("apps.{app}.urls")),'
    for file, line in lines.items():
        path = project.path / "config" / file
        text = path.read_text(encoding="utf-8")
        assert ANCHOR in text
        path.write_text(text.replace(ANCHOR, f"{ANCHOR}    {line}\n"), encoding="utf-8")


def write(folder: "Path", files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def test_every_rule_has_a_plant() -> None:
    planted = {rule for plant in PLANTS for _, _, rule in plant.violations()}
    assert planted == {*ADVICE, "contract"}


def test_every_plant_is_reported_with_file_line_rule_and_advice(
    project: "Project",
) -> None:
    expected = {violation for plant in PLANTS for violation in plant.violations()}
    for plant in PLANTS:
        folder = project.path / "apps" / plant.app
        if not folder.exists():
            surroundings = {"__init__.py": '"""Planted."""\n', **SURROUNDINGS}
            for name, text in surroundings.items():
                write(folder, {name: text.replace("APP", plant.app)})
        write(folder, {plant.file: plant.text()})
    for app in {plant.app for plant in PLANTS} - {"core"}:
        register(project, app)

    result = project.uv_run(*RULES, check=False)
    report = result.stdout
    assert report, result.stderr

    found = set()
    for match in REPORTED.finditer(report):
        rule, _, advice = match["text"].removeprefix("[").partition("] ")
        if " -> " in match["text"]:
            rule = "contract"
        else:
            assert re.search(ADVICE[rule], advice), match[0]
        found.add((match["path"], int(match["line"]), rule))
    assert expected - found == set(), report
    assert found - expected == set()
    assert "A request passes the layers of an app in one direction" in report
    assert "Move the code to the layer that may do this" in report


def functions(tree: ast.Module) -> "Iterator[ast.FunctionDef | ast.AsyncFunctionDef]":
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def is_typed(function: "ast.FunctionDef | ast.AsyncFunctionDef") -> bool:
    every = function.args
    arguments = [*every.posonlyargs, *every.args, *every.kwonlyargs]
    arguments += [argument for argument in (every.vararg, every.kwarg) if argument]
    return function.returns is not None and all(
        argument.annotation or argument.arg in {"self", "cls"} for argument in arguments
    )


def test_everything_is_typed_and_documented(hookless_source: "Path") -> None:
    """Check the template itself, without the rules that it renders."""
    untyped, undocumented = [], []
    for variant in Renderer(hookless_source).variants():
        path = variant.path
        if not path.endswith(".py"):
            continue
        tree = ast.parse(variant.content)
        untyped += [
            f"{path}:{function.lineno}"
            for function in functions(tree)
            if not is_typed(function)
        ]
        if not path.startswith(("apps/", "config/")) or "tests" in path:
            continue
        undocumented += [
            f"{path}:{getattr(node, 'lineno', 1)}"
            for node in (tree, *ast.walk(tree))
            if "migrations" not in path
            and isinstance(
                node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
            )
            and not ast.get_docstring(node)
        ]
    assert (untyped, undocumented) == ([], [])


@pytest.fixture
def with_apps(project: "Project") -> "Project":
    """Return the project with three apps as a team would have them, in their own way.

    One only reads and reports, one writes nested data and files, and one waits for
    another service in coroutines.
    """
    # Its own environment: one of the apps needs another package.
    project = Project(project.path)
    project.run("uv", "add", "httpx")
    for app in APPS:
        copy_tree(
            REPOSITORY / "tests" / "apps" / app,
            project.path / "apps" / app,
            "__pycache__",
        )
        register(project, app)
    settings = project.path / "config" / "settings.py"
    text = settings.read_text(encoding="utf-8")
    assert OPENAPI_HOOK in text
    hook = f'        "apps.weather.openapi.describe",\n{OPENAPI_HOOK}'
    settings.write_text(text.replace(OPENAPI_HOOK, hook), encoding="utf-8")
    project.manage("makemigrations", *APPS)
    project.run("make", "fix")
    return project


@pytest.mark.exhaustive
def test_apps_of_other_shapes_break_no_rule(with_apps: "Project") -> None:
    suites = ("tests/test_openapi.py", *(f"apps/{app}" for app in APPS))
    with_apps.uv_run(*RULES, *suites)


@pytest.mark.exhaustive
def test_apps_of_other_shapes_pass_every_check(with_apps: "Project") -> None:
    before = with_apps.tracked()
    with_apps.run("make", "check")
    assert with_apps.tracked() == before
