"""What the parts of a scaffolded app are called, and which names cannot be used."""

import ast
import builtins
import importlib.util
import keyword
import re
from typing import TYPE_CHECKING, Final

from django.apps import apps
from django.conf import settings
from django.core.management.base import CommandError

from apps.core.openapi import ERROR_SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Mapping

APP: Final = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
# One letter is hard to tell from a digit, and pytest takes Test... for tests.
MODEL: Final = re.compile(r"(?!Test(?![a-z]))[A-Z][A-Za-z0-9]+")
MAX_LENGTH: Final = 40
UNCOUNTABLE: Final = ("ss", "us", "is", "news", "series", "species")


def singular(name: str) -> str:
    """Guess the name of the model that an app is about.

    Args:
        name: The app's name, plural as a rule.

    Returns:
        The model's name; wrong for what English has no rule for.
    """
    if not name.endswith(UNCOUNTABLE):
        name = re.sub(r"ies$", "y", name)
        name = re.sub(r"(?<=x|z)es$|(?<=ch|sh|ss)es$|s$", "", name)
    return name.title().replace("_", "")


def context(app: str, model: str) -> dict[str, str]:
    """Derive what the templates call things.

    Args:
        app: The app's name.
        model: The model's name.

    Returns:
        The context of the templates.
    """
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", model).lower()
    return {
        "app": app,
        "config": app.title().replace("_", ""),
        "url": app.replace("_", "-"),
        "model": model,
        "instance": words.replace(" ", "_"),
        "words": words,
        "article": "an" if words[0] in "aeiou" else "a",
    }


def check_app(name: str, layers: set[str]) -> None:
    """Refuse a name that cannot be an app's.

    Args:
        name: The app's name.
        layers: The names of an app's modules.

    Raises:
        CommandError: If it is malformed, reserved or taken.
    """
    if not APP.fullmatch(name) or len(name) > MAX_LENGTH:
        message = (
            f"'{name}' is no name for an app: use at most {MAX_LENGTH} lower-case "
            "letters, digits and single underscores, beginning with a letter."
        )
        raise CommandError(message)
    if keyword.iskeyword(name) or keyword.issoftkeyword(name) or name in layers:
        message = f"'{name}' is a word of Python or a layer: choose another name."
        raise CommandError(message)
    if (settings.BASE_DIR / "apps" / name).exists():
        message = f"apps/{name} exists: choose another name."
        raise CommandError(message)
    if name in apps.app_configs or importlib.util.find_spec(name):
        message = f"'{name}' is an installed module: choose another name."
        raise CommandError(message)


def check_model(name: str) -> None:
    """Refuse a name that cannot be a model's.

    Args:
        name: The model's name.

    Raises:
        CommandError: If it is malformed, or one of Python's.
    """
    if not MODEL.fullmatch(name) or len(name) > MAX_LENGTH:
        message = (
            f"'{name}' is no name for a model: use 2 to {MAX_LENGTH} letters and "
            "digits in CamelCase, not a Test. Choose one with --model."
        )
        raise CommandError(message)
    instance = context("app", name)["instance"]
    if {name, instance} & {*keyword.kwlist, *keyword.softkwlist, *dir(builtins)}:
        message = f"'{name}' is a word of Python: choose another name with --model."
        raise CommandError(message)


def check_collisions(files: "Mapping[str, str]", name: str) -> None:
    """Refuse a model whose name something else in its app, or in the API, has.

    Args:
        files: The Python files of the app as they would be for the model `Zzyzx`.
        name: The model's name.

    Raises:
        CommandError: If a name would mean two things.
    """
    instance = context("app", name)["instance"]
    found = {text for file in files.values() for text in identifiers(file)}
    given = {text for text in found if "zzyzx" not in text.lower()}
    made = {
        text.replace("Zzyzx", name).replace("zzyzx", instance) for text in found - given
    }
    taken = {
        match[1]
        for file in settings.BASE_DIR.glob("apps/*/serializers.py")
        for match in re.finditer(
            r"^class (\w+)", file.read_text(encoding="utf-8"), re.MULTILINE
        )
    }
    for clash in sorted(made & (given | taken) | {name} & ERROR_SCHEMAS.keys()):
        message = f"'{name}' cannot be a model's name: '{clash}' is taken already."
        raise CommandError(message)


def identifiers(text: str) -> set[str]:
    """List the names that a file uses or gives.

    Args:
        text: The file.

    Returns:
        The names, without attributes, methods and modules.
    """
    tree = ast.parse(text)
    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.arg(arg=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.alias(name=name, asname=asname):
                names.add(asname or name)
    return names
