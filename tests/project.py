"""The template's source, and generated projects as the tests handle them."""

import os
import secrets
import shutil
import subprocess
import sys
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from pathlib import Path

import yaml

REPOSITORY = Path(__file__).resolve().parent.parent
SOURCE_PATHS = ("copier.yml", "extensions", "template")

type Result = subprocess.CompletedProcess[str]


def run(
    *command: str | Path,
    cwd: Path | None = None,
    check: bool = True,
    env: dict[str, str] | None = None,
) -> Result:
    """Run a program without a terminal; a failure shows what it printed.

    The limit is far above any run's time: a suite that hangs shall fail, not wait.
    """
    result = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    if check:
        shown = " ".join(map(str, command))
        assert result.returncode == 0, f"{shown}\n{result.stdout}\n{result.stderr}"
    return result


def tool(name: str) -> Path:
    """Return a program of the environment the tests run in."""
    return Path(sys.executable).with_name(name)


def copier(
    *arguments: str | Path,
    cwd: Path | None = None,
    check: bool = True,
    env: dict[str, str] | None = None,
) -> Result:
    return run(tool("copier"), *arguments, cwd=cwd, check=check, env=env)


def git(cwd: Path, *arguments: str | Path) -> str:
    return run("git", *arguments, cwd=cwd).stdout


def copy_tree(source: Path, target: Path, *ignored: str) -> None:
    shutil.copytree(
        source, target, symlinks=True, ignore=shutil.ignore_patterns(*ignored)
    )


def export_source(target: Path) -> Path:
    """Copy what the work tree's template consists of, changed and new files included."""
    listed = git(
        REPOSITORY, "ls-files", "-z", "-co", "--exclude-standard", *SOURCE_PATHS
    )
    for name in filter(None, listed.split("\0")):
        if (REPOSITORY / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPOSITORY / name, target / name)
    return target


def without_hooks(source: Path, target: Path) -> Path:
    copy_tree(source, target / "source")
    questionnaire = target / "source" / "copier.yml"
    settings = yaml.safe_load(questionnaire.read_text())
    for key in ("_tasks", "_migrations", "_message_after_copy"):
        del settings[key]
    questionnaire.write_text(yaml.safe_dump(settings, sort_keys=False))
    return target / "source"


def production() -> dict[str, str]:
    """Return a complete environment for production, with no service behind it."""
    return {
        "ENVIRONMENT": "production",
        "SECRET_KEY": secrets.token_urlsafe(64),
        "FIELD_ENCRYPTION_KEYS": urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "DATABASE_URL": "postgres://app:secret@127.0.0.1:5432/app",
        "REDIS_URL": "redis://127.0.0.1:6379/0",
        "ALLOWED_HOSTS": "api.example.com",
    }


@dataclass(frozen=True)
class Project:
    """A generated project; its commands run in its own environment, or the named one."""

    path: Path
    environment: Path | None = field(default=None)

    def run(
        self,
        *command: str | Path,
        check: bool = True,
        env: dict[str, str] | None = None,
    ) -> Result:
        return run(
            *command,
            cwd=self.path,
            check=check,
            env={**self.variables(), **(env or {})},
        )

    def variables(self) -> dict[str, str]:
        if self.environment is None:
            return {}
        return {"UV_PROJECT_ENVIRONMENT": str(self.environment)}

    def uv_run(
        self,
        *command: str | Path,
        check: bool = True,
        env: dict[str, str] | None = None,
    ) -> Result:
        return self.run("uv", "run", *command, check=check, env=env)

    def manage(
        self,
        *command: str | Path,
        check: bool = True,
        env: dict[str, str] | None = None,
    ) -> Result:
        return self.uv_run("manage.py", *command, check=check, env=env)

    def copy_to(self, target: Path) -> "Project":
        copy_tree(
            self.path,
            target,
            ".venv",
            "db.sqlite3",
            ".coverage",
            ".*_cache",
            "__pycache__",
        )
        return Project(target, environment=self.environment or self.path / ".venv")

    def read(self, path: str) -> str:
        return (self.path / path).read_text(encoding="utf-8")

    def files(self) -> dict[str, bytes]:
        """Return the content of every file outside `.git`."""
        return {
            path.relative_to(self.path).as_posix(): path.read_bytes()
            for path in sorted(self.path.rglob("*"))
            if path.is_file() and ".git" not in path.relative_to(self.path).parts
        }

    def tracked(self) -> dict[str, bytes]:
        """Return the content of every file that git does not ignore."""
        listed = git(self.path, "ls-files", "-z", "-co", "--exclude-standard")
        return {
            name: (self.path / name).read_bytes()
            for name in sorted(filter(None, listed.split("\0")))
        }
