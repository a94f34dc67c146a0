"""The projects that are compared: two renders of the template and the minimal one."""

import json
import os
import secrets
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.services import INSIDE
from tests.options import everything
from tests.project import copier, export_source, production, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.services import Services
    from tests.project import Result

MINIMAL: Final = Path(__file__).resolve().parent / "minimal"
HOST: Final = "127.0.0.1"
ROWS: Final = 1000
# Counts, but rejects nothing.
RATE: Final = "9999999/hour"
LOGIN_RATE: Final = "9999/minute"


@dataclass(frozen=True)
class Site:
    """A project with its environment.

    Attributes:
        folder: The project.
        programs: Where its interpreter and gunicorn are.
        env: Its settings.
        credentials: Headers of an admin, by kind of authentication.
    """

    folder: Path
    programs: Path
    env: dict[str, str]
    credentials: dict[str, str] = field(default_factory=dict)

    @property
    def python(self) -> Path:
        """The interpreter."""
        return self.programs / "python"

    def inside(self, script: str, *arguments: str) -> "Result":
        """Run one of our scripts in the project."""
        path = {"PYTHONPATH": str(self.folder)}
        settings = {"DJANGO_SETTINGS_MODULE": "config.settings"}
        env = self.env | path | settings
        return run(self.python, INSIDE / script, *arguments, cwd=self.folder, env=env)

    def in_database(self, url: str) -> "Site":
        """Return the site with another database."""
        return replace(self, env=self.env | {"DATABASE_URL": url})

    def migrate(self) -> None:
        """Make the tables."""
        command = (self.python, "manage.py", "migrate", "--verbosity", "0")
        run(*command, cwd=self.folder, env=self.env)

    def with_people(self, count: int) -> "Site":
        """Return the site with an admin and as many users."""
        made = self.inside("credentials.py").stdout
        self.inside("people.py", "1", str(count))
        found = json.loads(made.splitlines()[-1])
        headers = {
            "token": f"Authorization: {found['token']}",
            "session": f"Cookie: {found['session']}",
        }
        return replace(self, credentials=headers)


@dataclass(frozen=True)
class Sites:
    """The projects that are compared."""

    default: Site
    everything: Site
    minimal: Site


def settings_of_render(database: str, cache: str) -> dict[str, str]:
    """Return the environment of a rendered project in production."""
    return production() | {
        "ALLOWED_HOSTS": HOST,
        "DATABASE_URL": database,
        "REDIS_URL": cache,
        "LOG_LEVEL": "INFO",
        "JWT_SIGNING_KEY": secrets.token_urlsafe(64),
        "JWT_ACCESS_MINUTES": "1440",
        "EMAIL_URL": "smtp://127.0.0.1:1",
        "EMAIL_FROM": "noreply@example.com",
        **{f"THROTTLE_{name}": RATE for name in ("ANON", "USER", "BURST", "SUSTAINED")},
        "THROTTLE_LOGIN": LOGIN_RATE,
    }


def render(source: Path, folder: Path, **answers: str | bool) -> Path:
    """Render and install a project, and return where its programs are."""
    data = [f"--data={name}={value}" for name, value in answers.items()]
    copier("copy", "--trust", "--defaults", "--quiet", *data, source, folder)
    (folder / ".env").unlink()
    run("uv", "sync", "--locked", "--compile-bytecode", cwd=folder)
    return folder / ".venv" / "bin"


@contextmanager
def prepared(services: "Services", scratch: Path) -> "Iterator[Sites]":
    """Render, install and fill the projects.

    Args:
        services: What they use.
        scratch: An empty folder.

    Yields:
        The projects; their databases go at the end.
    """
    source = export_source(scratch / "source")
    plain = render(source, scratch / "default")
    full = render(source, scratch / "everything", **everything())
    with ExitStack() as stack:
        caches = stack.enter_context(services.caches())
        urls = [
            stack.enter_context(services.database(plain / "python")) for _ in range(3)
        ]
        # Broker and channel layer use the two databases after the cache's.
        default = settings_of_render(urls[0], caches[3])
        complete = settings_of_render(urls[1], caches[0])
        minimal = {
            "SECRET_KEY": secrets.token_urlsafe(64),
            "ALLOWED_HOSTS": HOST,
            "DATABASE_URL": urls[2],
        }
        made = []
        for site in (
            Site(scratch / "default", plain, default),
            Site(scratch / "everything", full, complete),
            Site(MINIMAL, plain, minimal),
        ):
            site.migrate()
            made.append(site.with_people(ROWS))
        yield Sites(*made)


def isolate(scratch: Path) -> None:
    """Remove the developer's environment from started programs."""
    for name in ("VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT", "PYTHONDONTWRITEBYTECODE"):
        os.environ.pop(name, None)
    (scratch / "gitconfig").write_text(
        "[user]\nname = Benchmark\nemail = benchmark@example.com\n"
        "[init]\ndefaultBranch = main\n"
    )
    (scratch / "copier.yml").write_text("{}\n")
    os.environ["GIT_CONFIG_GLOBAL"] = str(scratch / "gitconfig")
    os.environ["GIT_CONFIG_NOSYSTEM"] = "1"
    os.environ["COPIER_SETTINGS_PATH"] = str(scratch / "copier.yml")
