"""Merge a new version of the template into a project, as git merges a branch.

`copier.yml` excludes every file from Copier's own update, so Copier only asks the
questions. It runs this package twice in the project's folder, with the Python that runs
Copier: before the questions, to check the repository, and after them, to render both
versions, merge, and write the result.

The whole result is in git's object store before a file of the project changes. Three refs
below `refs/django-arch/` stay until the next update: `before` (the project), `from` and
`to` (the renders of both versions). A failure changes nothing, prints the reason in one
line, and exits with a non-zero code, which stops Copier.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from packaging.version import Version

from .git import GitError, UpdateError
from .merge import merge
from .placement import place
from .preflight import check
from .report import next_steps, report
from .repository import Repository, Trees
from .templates import Template
from .versions import Versions

if TYPE_CHECKING:
    from .merge import Result


def update(
    repository: Repository, conf: dict[str, Any], work: Path
) -> tuple[Result, list[str]]:
    """Render both versions, merge, and write the result into the project.

    Args:
        repository: The project's repository.
        conf: Copier's `answers` (YAML text), `answers_file`, `conflict`, `exclude` and
            `skip_if_exists`.
        work: An empty folder for temporary files.

    Returns:
        The result, and the lines of the report in Markdown.

    Raises:
        UpdateError: If the result cannot be written.
        GitError: If a git command fails.
    """
    answers_file = conf["answers_file"]
    old_answers = Path(answers_file).read_text(encoding="utf-8")
    template = Template(repository, Path(conf["source"]), work, conf)
    version_from, version_to = os.environ["VERSION_FROM"], os.environ["VERSION_TO"]
    base = template.render(version_from, old_answers)
    theirs = template.render(version_to, conf["answers"])
    ours = repository.record(work, {*base.files, *theirs.files})
    trees = Trees(base, ours, theirs)
    result = merge(repository, trees, conf, work)
    versions = Versions(
        version_from,
        version_to,
        (
            Version(os.environ["VERSION_PEP440_FROM"]),
            Version(os.environ["VERSION_PEP440_TO"]),
        ),
        yaml.safe_load(old_answers),
        yaml.safe_load(conf["answers"]),
        template.changelog(version_to),
    )
    if not result.changes:
        return result, ["Already up to date."]
    lines = report(repository, trees, result, versions)
    refs = {"before": ours.commit, "from": base.tree, "to": theirs.tree}
    place(repository, result, refs, work)
    return result, lines


def main(conf: str) -> None:
    """Run one of the two stages, and print the report.

    Args:
        conf: Path of a JSON file with the `conf` of `update`, and with `source`, the path
            of Copier's clone of the template.
    """
    result: Result | None = None
    try:
        repository = Repository.find()
        values = json.loads(Path(conf).read_text(encoding="utf-8"))
        if os.environ["STAGE"] == "before":
            check(repository, Path(values["source"]))
            return
        with tempfile.TemporaryDirectory(
            prefix="django-arch-", ignore_cleanup_errors=True
        ) as folder:
            result, lines = update(repository, values, Path(folder).resolve())
    except BaseException as error:
        if result is None:
            sys.exit(f"   {_message(error)} Nothing was changed.")
    if result.changes:
        lines += ["", *next_steps(repository, result)]
    for line in lines:
        print(f"   {line}".rstrip(), file=sys.stderr)
    if path := os.environ.get("DJANGO_ARCH_REPORT"):
        text = "\n".join([*lines, ""])
        try:
            Path(path).write_bytes(text.encode(errors="surrogateescape"))
        except OSError as error:
            print(f"   The report was not written to a file: {error}", file=sys.stderr)


def _message(error: BaseException) -> str:
    """Return one line that describes a failure."""
    if isinstance(error, KeyboardInterrupt):
        return "Interrupted."
    if isinstance(error, (UpdateError, GitError)):
        return str(error)
    return f"{type(error).__name__}: {' '.join(str(error).split())}."
