"""Rules of what each layer may import, and of how apps use each other."""

import ast
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.architecture.source import Source, Violation

LOGIC: Final = {"services", "selectors", "models", "managers"}
SHARED: Final = {"services", "selectors"}
# Every app names the authentication classes in its views.
PUBLIC: Final = {"users": {"authentication"}}
HTTP: Final = re.compile(r"(rest_framework|django\.(http|shortcuts|views))(\.|$)")
IMPORTERS: Final = {"__import__", "get_model", "import_module", "import_string"}
EXPLICIT: Final = (
    "list the fields by name, so that a new column is not exposed automatically"
)
BANNED: Final = {
    "django.contrib.auth.models.User": (
        "use settings.AUTH_USER_MODEL and the selectors of apps.users"
    ),
    "rest_framework.decorators.api_view": (
        "write a class that names its authentication_classes and permission_classes"
    ),
    "rest_framework.permissions.IsAdminUser": (
        "it means is_staff: use apps.core.permissions.HasAdminRole"
    ),
}
ALLOWED: Final = {
    "apps.core.openapi.api_docs": {"rest_framework.permissions.IsAdminUser"},
}


def logic_imports_no_http(source: "Source") -> "Iterator[Violation]":
    """Services, selectors and models import neither requests nor serializers."""
    if source.layer not in LOGIC or source.app == "core":
        return
    rule = "logic-http"
    for node, target, _bound in source.imported():
        if HTTP.match(target):
            advice = "must not use HTTP: pass plain values, raise apps.core.exceptions"
            yield source.violation(node, rule, f"{source.layer} {advice}")
    for function in source.functions():
        arguments = [*function.args.posonlyargs, *function.args.args]
        for argument in [*arguments, *function.args.kwonlyargs]:
            kind = source.name(argument.annotation) if argument.annotation else ""
            if argument.arg in {"request", "serializer"} and (
                kind in {"", "object", "typing.Any"}
            ):
                advice = f"pass the values of the {argument.arg} as plain arguments"
                yield source.violation(argument, rule, advice)


def banned_names_are_not_used(source: "Source") -> "Iterator[Violation]":
    """Names that have a safer replacement are not used."""
    for node, name in source.mentions():
        if name in BANNED and name not in ALLOWED.get(source.module, set()):
            yield source.violation(node, "banned", BANNED[name])


def fields_are_explicit(source: "Source") -> "Iterator[Violation]":
    """Serializers, forms and filters list their fields one by one."""
    rule = "explicit-fields"
    for node, name in source.mentions():
        if name.startswith("rest_framework.") and name.endswith(".ALL_FIELDS"):
            yield source.violation(node, rule, EXPLICIT)
    for inner in source.nodes:
        if isinstance(inner, ast.Constant) and inner.value == "__all__":
            yield source.violation(inner, rule, EXPLICIT)
        elif isinstance(inner, ast.ClassDef) and inner.name == "Meta":
            for statement in inner.body:
                targets = statement.targets if isinstance(statement, ast.Assign) else []
                if isinstance(statement, ast.AnnAssign):
                    targets = [statement.target]
                if any(isinstance(t, ast.Name) and t.id == "exclude" for t in targets):
                    yield source.violation(statement, rule, EXPLICIT)


def apps_use_services_of_others(source: "Source") -> "Iterator[Violation]":
    """An app uses another one only through its services and selectors."""
    if not source.app:
        return
    for node, target, _bound in source.imported():
        if node not in source.typing_only:
            yield from _foreign(source, node, target)
    for call in source.calls():
        importer = source.name(call.func).rpartition(".")[2]
        if importer in IMPORTERS and source.layer != "migrations":
            named = [str(a.value) for a in call.args if isinstance(a, ast.Constant)]
            if named and importer == "get_model":
                named = [f"apps.{named[0]}.models"]
            for target in named:
                yield from _foreign(source, call, target)
        elif importer == "get_user_model":
            yield from _foreign(source, call, "apps.users.models")


def _foreign(source: "Source", node: ast.AST, target: str) -> "Iterator[Violation]":
    """Report the import of a private module of another app."""
    rule = "app-boundary"
    match target.split("."):
        case ["config", *_]:
            advice = "read settings through django.conf"
            yield source.violation(node, rule, advice)
        case ["apps", app, *_] if app in {source.app, "core"}:
            return
        case ["apps", _, *_] if source.app == "core":
            advice = "core must not import an app: move this into the app"
            yield source.violation(node, rule, advice)
        case ["apps", app, module, *_] if module in SHARED | PUBLIC.get(app, set()):
            return
        case ["apps", app, *_]:
            advice = f"use the services and selectors of apps.{app} instead"
            yield source.violation(node, rule, advice)
