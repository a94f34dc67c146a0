"""Tests of the architecture, which README.md and AGENTS.md explain.

A failure names the file, the line, the rule and what to do instead.
"""

import importlib
import inspect
import pkgutil
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.urls import URLResolver, get_resolver
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports
from rest_framework.views import APIView

import apps
from tests.architecture.rules import RULES
from tests.architecture.source import Violation, project_sources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.urls import URLPattern

    from tests.architecture.rules import Rule

ROOT = Path(settings.BASE_DIR)
# Read once, so that each file is parsed once.
SOURCES = project_sources(ROOT)
URLS = get_resolver().url_patterns
POLICIES = ("authentication_classes", "permission_classes")


def located(view: "Callable[..., object]", advice: str) -> Violation:
    """Return a violation at the definition of a view."""
    defined = inspect.unwrap(view)
    path = Path(inspect.getfile(defined)).relative_to(ROOT)
    line = inspect.getsourcelines(defined)[1]
    return Violation(path, line, "view-policy", advice)


def subclasses(cls: type[APIView]) -> "Iterator[type[APIView]]":
    """Yield all direct and indirect subclasses of a class."""
    subclass: type[APIView]
    for subclass in cls.__subclasses__():
        yield subclass
        yield from subclasses(subclass)


def routed(
    patterns: "list[URLPattern | URLResolver]",
) -> "Iterator[Callable[..., object]]":
    """Yield the views of a URL configuration."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from routed(pattern.url_patterns)
        else:
            yield pattern.callback


def views_without_policies() -> "Iterator[Violation]":
    """Yield the API views that inherit their policies instead of naming them."""
    for module in pkgutil.walk_packages(apps.__path__, "apps."):
        if "tests" not in module.name and "migrations" not in module.name:
            importlib.import_module(module.name)
    served = [getattr(view, "cls", None) for view in routed(URLS)]
    for view in set(subclasses(APIView)):
        base = view.__subclasses__() and view not in served
        ours = view.__module__.startswith("apps.") and ".tests." not in view.__module__
        for name in POLICIES if ours and not base else ():
            if name not in vars(view):
                yield located(view, f"{view.__name__} must name its {name} itself")


def plain_views_without_policies() -> "Iterator[Violation]":
    """Yield the apps' plain Django views that have no access decorator.

    Asynchronous views are plain Django views. The decorators are those of
    `django.contrib.auth.decorators`, including `login_not_required`.
    """
    for view in routed(URLS):
        module = view.__module__
        guarded = hasattr(view, "login_url") or hasattr(view, "login_required")
        ours = module.startswith("apps.") and not module.startswith("apps.core.")
        if ours and not guarded and not hasattr(view, "cls"):
            advice = "decorate it with login_not_required, or make it an APIView"
            yield located(getattr(view, "view_class", view), advice)


def linked(report: str) -> str:
    """Return the imports that break a contract in the form that editors link to."""

    def link(match: re.Match[str]) -> str:
        module, line = match[1], match[3]
        path = Path(*module.split("."))
        is_package = (ROOT / path).is_dir()
        file = path / "__init__.py" if is_package else path.with_suffix(".py")
        return f"{file}:{line}: {module} -> {match[2]}"

    broken = report.partition("Broken contracts")[2]
    return re.sub(r"-\s+(\S+)\s+->\s+(\S+)\s+\(l\.(\d+).*?\)", link, broken) or report


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_rule(rule: "Rule") -> None:
    violations = {violation: None for source in SOURCES for violation in rule(source)}

    assert not violations, "\n" + "\n".join(map(str, violations))


def test_every_view_names_its_policies() -> None:
    violations = [*views_without_policies(), *plain_views_without_policies()]

    assert not violations, "\n" + "\n".join(map(str, violations))


def test_imports_keep_their_contracts(capsys: pytest.CaptureFixture[str]) -> None:
    status = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)

    assert status == EXIT_STATUS_SUCCESS, linked(capsys.readouterr().out)
