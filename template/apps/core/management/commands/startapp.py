"""Scaffold an app, layered like the others."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, override

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.template import Context, Engine

from apps.core.management import naming

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

TEMPLATES: Final = Path(__file__).resolve().parent.parent / "startapp"
ANCHOR: Final = "# `manage.py startapp` adds apps below this line.\n"


class Command(BaseCommand):
    """Makes a working slice: model, endpoints, permissions, administration, tests."""

    help = (
        "Make the app apps/<name> with a model, its service, selector, endpoints, "
        "permissions, administration, first migration and tests, and register it in "
        "config/settings.py and config/urls.py. The project passes `make check` as it "
        "is; then make the app yours. Example: manage.py startapp orders --model Order"
    )

    @override
    def add_arguments(self, parser: "CommandParser") -> None:
        """Declare the arguments.

        Args:
            parser: The parser that reads them.
        """
        parser.add_argument("name", help="the app's name, in lower_case, plural")
        parser.add_argument(
            "--model",
            default="",
            help="the name of its model, in CamelCase (default: the app's, singular)",
        )
        parser.add_argument(
            "--minimal",
            action="store_true",
            help="make the layers empty: no model, no endpoint, no test",
        )

    @override
    def handle(self, *_args: Any, **options: Any) -> None:
        """Check the names, then write the app and register it.

        Args:
            *_args: Unused.
            **options: The arguments.

        Raises:
            CommandError: If a name cannot be used; nothing is written then.
        """
        name: str = options["name"]
        model: str = options["model"] or naming.singular(name)
        source = TEMPLATES / ("minimal" if options["minimal"] else "full")
        naming.check_app(name, {file.name.split(".")[0] for file in source.iterdir()})
        if not options["minimal"]:
            naming.check_model(model)
            sample = render(source, naming.context(name, "Zzyzx"))
            naming.check_collisions(sample, model)
        registrations = registered(name)
        write(name, render(source, naming.context(name, model)))
        for path, text in registrations.items():
            path.write_text(text, encoding="utf-8")
        self.stdout.write(f"apps/{name} is ready and registered.")
        if not options["minimal"]:
            url = naming.context(name, model)["url"]
            self.stdout.write(f"It serves the model {model} below /api/v1/{url}/.")
            self.stdout.write("Run `manage.py migrate` to make its table.")


def registered(name: str) -> dict[Path, str]:
    """Add an app to the settings and to the URLs, without writing them.

    Args:
        name: The app's name.

    Raises:
        CommandError: If a file has lost the line that marks the place.

    Returns:
        The new text of each file.
    """
    include = f'path("api/v1/", include("apps.{name}.urls")),\n'
    lines = {"settings.py": f'"apps.{name}",\n', "urls.py": include}
    texts = {}
    for file, line in lines.items():
        path: Path = settings.BASE_DIR / "config" / file
        before, anchor, after = path.read_text(encoding="utf-8").partition(ANCHOR)
        if not anchor:
            message = f"config/{file} lacks the line '    {ANCHOR.strip()}'."
            raise CommandError(message)
        texts[path] = f"{before}{anchor}    {line}{after}"
    return texts


def render(source: Path, context: dict[str, str]) -> dict[str, str]:
    """Render a folder of templates.

    Args:
        source: The folder.
        context: The values of the templates' variables.

    Returns:
        The text of each file, by its path below the folder, without `-tpl`.
    """
    engine = Engine(autoescape=False)
    files: dict[str, str] = {}
    for template in sorted(source.rglob("*-tpl")):
        path = template.relative_to(source).as_posix().removesuffix("-tpl")
        text = engine.from_string(template.read_text(encoding="utf-8"))
        files[path] = text.render(Context(context))
    return files


def write(name: str, files: dict[str, str]) -> None:
    """Write an app, all of it or nothing.

    Args:
        name: The app's name.
        files: The text of each file.

    Raises:
        CommandError: If the folder is read-only, or without Ruff, which only
            development installs.
    """
    target = settings.BASE_DIR / "apps" / name
    try:
        for path, text in files.items():
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            (target / path).write_text(text, encoding="utf-8")
        tidy(target)
    except BaseException as error:
        shutil.rmtree(target, ignore_errors=True)
        if not isinstance(error, OSError | subprocess.CalledProcessError):
            raise
        message = f"The app cannot be written or formatted ({error}); try `uv run`."
        raise CommandError(message) from None


def tidy(folder: Path) -> None:
    """Sort the imports and wrap the lines, which depend on the names.

    Args:
        folder: The app.
    """
    scripts = Path(sys.executable).parent
    env = {**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ.get('PATH', '')}"}
    subprocess.run(
        ["/usr/bin/env", "ruff", "check", "--select", "I", "--fix", "--silent", "."],
        cwd=folder,
        env=env,
        check=True,
    )
    subprocess.run(
        ["/usr/bin/env", "ruff", "format", "--silent", "."],
        cwd=folder,
        env=env,
        check=True,
    )
