"""Create an app with the same layers as the others."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, override

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands import startapp

from apps.core.startapp import naming

if TYPE_CHECKING:
    from argparse import ArgumentParser

TEMPLATES: Final = Path(naming.__file__).parent
ANCHOR: Final = "# `manage.py startapp` adds apps below this line.\n"


class Command(startapp.Command):
    """Creates a working slice: model, endpoints, permissions, admin, tests."""

    help = (
        "Create the app apps/<name> with a model, its service, selector, endpoints, "
        "permissions, admin, first migration and tests, and register it in "
        "config/settings.py and config/urls.py. The new app passes `make check`. "
        "Example: manage.py startapp orders --model Order"
    )

    @override
    def add_arguments(self, parser: "ArgumentParser") -> None:
        """Replace Django's arguments, which choose a directory and a template."""
        parser.add_argument("name", help="name of the app, in snake_case, plural")
        parser.add_argument(
            "--model",
            default="",
            help="name of the model, in CamelCase (default: singular of the app's)",
        )
        parser.add_argument(
            "--minimal",
            action="store_true",
            help="create empty layers, without a model, endpoints and tests",
        )

    @override
    def handle(self, *_args: Any, **options: Any) -> None:
        """Check the names, then create and register the app, or write nothing."""
        name: str = options["name"]
        model: str = options["model"] or naming.singular(name)
        naming.check_app(name)
        if not options["minimal"]:
            naming.check_model(model)
        configuration = _registered(name)
        target: Path = settings.BASE_DIR / "apps" / name
        try:
            super().handle(
                **naming.context(name, model),
                name=name,
                directory=str(target),
                template=str(TEMPLATES / ("minimal" if options["minimal"] else "full")),
                extensions=["py"],
                files=[],
                verbosity=options["verbosity"],
            )
            _tidy(target)
            for path, text in configuration.items():
                path.write_text(text, encoding="utf-8")
        except BaseException as error:
            shutil.rmtree(target, ignore_errors=True)
            if not isinstance(error, OSError | subprocess.CalledProcessError):
                raise
            message = f"The app cannot be written or formatted ({error}); try `uv run`."
            raise CommandError(message) from None
        self.stdout.write(f"Created and registered apps/{name}.")
        if not options["minimal"]:
            url = naming.context(name, model)["url"]
            self.stdout.write(f"It serves the model {model} at /api/v1/{url}/.")
            self.stdout.write("Run `manage.py migrate` to create its table.")


def _registered(name: str) -> dict[Path, str]:
    """Return the new text of the settings and the URLs, with the app added."""
    include = f'path("api/v1/", include("apps.{name}.urls")),\n'
    lines = {"settings.py": f'"apps.{name}",\n', "urls.py": include}
    texts = {}
    for file, line in lines.items():
        path: Path = settings.BASE_DIR / "config" / file
        before, anchor, after = path.read_text(encoding="utf-8").partition(ANCHOR)
        if not anchor:
            message = f"config/{file} lacks the line '    {ANCHOR.strip()}'."
            raise CommandError(message)
        if not os.access(path, os.W_OK):
            message = f"config/{file} is read-only."
            raise CommandError(message)
        texts[path] = f"{before}{anchor}    {line}{after}"
    return texts


def _tidy(folder: Path) -> None:
    """Sort imports and wrap lines, which depend on the names."""
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
