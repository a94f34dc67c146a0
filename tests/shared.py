"""What the workers of a run share: environments and results, so that no work is done twice."""

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from filelock import FileLock

from tests.options import questions
from tests.project import Project, copier, copy_tree
from tests.renders import ANSWERS_FILE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.options import Answers

TARGETS = ("deploy", "lint", "contracts", "migrations", "openapi", "types")
SUITE = ("uv", "run", "pytest", "-q", "--no-cov")


def digest(*parts: bytes) -> str:
    """Return a name for these contents."""
    found = hashlib.sha256()
    for part in parts:
        found.update(hashlib.sha256(part).digest())
    return found.hexdigest()[:16]


@dataclass(frozen=True)
class Shared:
    """Environments by lock, and results by tree, lock and services, in one folder.

    Attributes:
        folder: Of this run.
        source: The template.
    """

    folder: "Path"
    source: "Path"

    def copied(self, answers: "Answers") -> Project:
        """Return the copy with these answers, made once; change only copies of it."""
        asked = questions(self.source)
        defaults = {name: details["default"] for name, details in asked.items()}
        given = {k: v for k, v in sorted(answers.items()) if v != defaults[k]}
        folder = self.folder / f"project-{digest(repr(given).encode())}"
        with self.once(folder) as is_first:
            if is_first:
                data = (f"--data={name}={value}" for name, value in given.items())
                target = folder / "project"
                copier("copy", "--trust", "--defaults", *data, self.source, target)
        return Project(folder / "project")

    def rendered(self, answers: "Answers", render: "Callable[..., Project]") -> Project:
        """Return the render with these answers, made once; change only copies of it."""
        given = sorted(answers.items())
        folder = self.folder / f"render-{digest(repr(given).encode())}"
        with self.once(folder) as is_first:
            if is_first:
                copy_tree(render(**answers).path, folder)
        return Project(folder)

    def installed(self, project: Project) -> Project:
        """Return the project with the environment of its lock, which may be in use.

        Nothing may be installed into it: equal locks share it.
        """
        key = digest((project.path / "uv.lock").read_bytes())
        environment = self.folder / f"environment-{key}"
        ready = Project(project.path, environment=environment)
        with self.once(environment) as is_first:
            if is_first:
                ready.run("uv", "sync", "--locked")
        return ready

    def prove(
        self,
        project: Project,
        *command: str,
        env: dict[str, str] | None = None,
        caches: dict[str, str] | None = None,
    ) -> None:
        """Run a command, unless it has passed in this run on the same project.

        The place of a project, its answers file and the addresses of services may
        differ; what the command writes must not matter.

        Args:
            project: A project in a git repository.
            command: What has to exit with 0.
            env: Variables that choose services. Only their names count as a difference.
            caches: Variables that name folders in which programs find earlier work.
        """
        files = project.tracked()
        files.pop(ANSWERS_FILE, None)
        tree = (part for name in files for part in (name.encode(), files[name]))
        words = "\0".join([*command, "", *sorted(env or {})])
        with self.once(
            self.folder / f"proof-{digest(words.encode(), *tree)}"
        ) as is_first:
            if is_first:
                project.run(*command, env={**(caches or {}), **(env or {})})

    @contextmanager
    def once(self, path: "Path") -> "Iterator[bool]":
        """Tell whether the block still has to do its work; one that fails will."""
        done = path.with_name(f"{path.name}.done")
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{path}.lock"):
            yield not done.exists()
            done.touch()


def check(shared: Shared, project: Project, *, coverage: bool) -> None:
    """Run every check of a project and its suite.

    Args:
        shared: Where the results are kept.
        project: An installed project.
        coverage: Whether to measure it, which takes long, and to ask for 95 %, which is
            more than a project has to reach.
    """
    for target in TARGETS:
        shared.prove(project, "make", target)
    if coverage:
        stricter = {"PYTEST_ADDOPTS": "--cov-fail-under=95"}
        shared.prove(project, "make", "test", env=stricter)
    else:
        shared.prove(project, *SUITE)
