"""Merge an update as git merges a branch, and report what the user has to know.

Copier runs this twice in the project's folder, before and after its own merge, with the
Python that runs Copier. That merge forgets edits of files the template drops or renames,
reverts binaries and files that a global gitignore hides, and reports none of it. So the
first run records what the user has and what the old version rendered, and the second one
replaces Copier's result with a three-way merge of both and of what the new version renders:

* `django-arch/before`: the project before the update, hidden files included;
* `django-arch/from` and `django-arch/to`: what the two versions render.

All three are git refs that stay until the next update. The exit code is always 0; a step
that cannot run says in one line what to do by hand, and leaves Copier's own result.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml
from packaging.version import InvalidVersion, Version

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MOVES: Final[tuple[tuple[str, str, str], ...]] = ()
"""(version, from, to): files and folders that a version of the template moved."""

TABLES: Final = {"use_celery": "django_celery_beat"}
"""Option to the installed app whose tables stay behind when it is switched off."""

LABELS: Final = ("before updating", "last update", "after updating")
REGULAR: Final = {"100644", "100755"}
MERGE_FILE_ERROR: Final = 128
IDENTITY: Final = (
    "-c",
    "user.name=django-arch",
    "-c",
    "user.email=django-arch@localhost",
)

Entry = tuple[str, str]
"""Mode and object name of a file, as git has them."""

Files = dict[str, Entry]


class GitError(Exception):
    """A git command failed."""


def git(*command: str, stdin: bytes = b"", index: Path | None = None) -> bytes:
    """Run git without a terminal.

    Args:
        command: The arguments.
        stdin: What it reads.
        index: A file to use instead of the repository's index.

    Raises:
        GitError: If it fails; says why.

    Returns:
        What it prints.
    """
    result = subprocess.run(
        ["git", *command],
        input=stdin,
        capture_output=True,
        check=False,
        env={**os.environ, "GIT_INDEX_FILE": str(index)} if index else None,
    )
    if result.returncode:
        raise GitError(f"git {command[0]}: {reason(result.stderr)}")
    return result.stdout


def reason(stderr: bytes) -> str:
    """Return the first and the last line in which a failed command says why."""
    text = stderr.decode(errors="replace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(("error", "fatal"))]
    return "; ".join(dict.fromkeys(errors[:1] + lines[-1:])) or "no reason given"


def word(output: bytes) -> str:
    """Return what git printed as one line of text."""
    return output.decode().strip()


def names(output: bytes) -> list[str]:
    """Return the paths that git printed with `-z`."""
    return [os.fsdecode(part) for part in output.split(b"\0") if part]


@dataclass
class Outcome:
    """What a merge comes to.

    Attributes:
        changes: Path to its new entry, or None if it goes.
        conflicts: Path to the entries of base, ours and theirs.
        removed: Files the template dropped, though the user had edited them.
        unmaintained: Files the user has deleted or moved, and the template changed.
        moved: Old path to new path of files with the user's edits.
    """

    changes: dict[str, Entry | None] = field(default_factory=dict)
    conflicts: dict[str, tuple[Entry | None, ...]] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    unmaintained: dict[str, str] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)


@dataclass
class Update:
    """One update of one project.

    Attributes:
        source: Copier's clone of the template, at the new version.
        answers_file: Path of the file with the answers.
        version_from: The version the project has, as git describes it.
        version_to: The version it gets.
        work: A folder for temporary files.
    """

    source: Path
    answers_file: str
    version_from: str
    version_to: str
    work: Path

    def __post_init__(self) -> None:
        """Find the repository, which the project may be a folder of."""
        self.top = Path(word(git("rev-parse", "--show-toplevel")))
        self.prefix = word(git("rev-parse", "--show-prefix"))
        self.git_dir = word(git("rev-parse", "--absolute-git-dir"))

    # --- What there is ---------------------------------------------------------------

    def record(self) -> None:
        """Keep the project as it is, hidden files included."""
        git("update-ref", "-d", "refs/django-arch/before")
        # A global gitignore may hide a file of the template, which Copier overwrites all the same.
        template = ("-C", str(self.source), "ls-tree", "-r", "-z", "--name-only")
        paths = {
            self.prefix + path.removeprefix("template/").removesuffix(".jinja")
            for version in (self.version_from, self.version_to)
            for path in names(git(*template, version, "template/"))
        }
        index = self.work / "before"
        git("read-tree", "HEAD", index=index)
        hidden = [
            path
            for path in sorted(paths - set(self.files("HEAD")))
            if (self.top / path).is_file()
        ]
        git(
            *("-C", str(self.top), "update-index", "--add", "-z", "--stdin"),
            stdin=b"".join(os.fsencode(path) + b"\0" for path in hidden),
            index=index,
        )
        tree = word(git("write-tree", index=index))
        message = ("-p", "HEAD", "-m", "The project before the update")
        before = word(git(*IDENTITY, "commit-tree", tree, *message))
        git("update-ref", "refs/django-arch/before", before)

    def render(self, version: str, answers: bytes) -> str:
        """Render a version of the template.

        Args:
            version: What git describes it as.
            answers: The content of the file with the answers.

        Returns:
            The tree, in which the project lies where it lies in its repository.
        """
        template = self.unpack(version)
        root = Path(tempfile.mkdtemp(dir=self.work))
        target = root / self.prefix
        data = {
            name: value
            for name, value in yaml.safe_load(answers).items()
            if not name.startswith("_")
        }
        # Only the second run needs it, and it takes a while to import.
        copier = import_module("copier")
        copier.run_copy(
            str(template),
            target,
            data=data,
            defaults=True,
            unsafe=True,
            quiet=True,
            skip_tasks=True,
            settings=copier.Settings(),
        )
        (target / self.answers_file).write_bytes(answers)
        index = root.with_suffix(".index")
        where = ("-C", str(root), f"--git-dir={self.git_dir}", f"--work-tree={root}")
        git(*where, "add", "--force", "--all", ".", index=index)
        return word(git("write-tree", index=index))

    def unpack(self, version: str) -> Path:
        """Return a folder with a version of the template, without git."""
        folder = self.work / re.sub(r"[^\w.-]", "_", version)
        if not folder.is_dir():
            archive = git("-C", str(self.source), "archive", "--format=tar", version)
            with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
                tar.extractall(folder, filter="data")
        return folder

    def files(self, tree: str) -> Files:
        """Return path to entry of the project's files in a tree."""
        command = ("ls-tree", "-r", "-z", "--full-tree", tree)
        scope = ("--", self.prefix) if self.prefix else ()
        listed = (line.split("\t", 1) for line in names(git(*command, *scope)))
        entries = {path: tuple(details.split()) for details, path in listed}
        return {path: (entry[0], entry[2]) for path, entry in entries.items()}

    # --- The merge -------------------------------------------------------------------

    def merge(self, base: Files, ours: Files, theirs: Files) -> Outcome:
        """Merge what the user did with what the template did, file by file.

        Args:
            base: What the old version renders.
            ours: The project before the update.
            theirs: What the new version renders.

        Returns:
            What has to change in the project.
        """
        outcome = Outcome()
        base, merged = self.move(base, ours, outcome)
        for path in sorted({*base, *ours, *merged, *theirs}):
            old, mine, new = base.get(path), merged.get(path), theirs.get(path)
            if new in (mine, old):
                entry = mine
            elif mine == old:
                entry = new
            elif mine is None:
                entry = None
                outcome.unmaintained[path] = ""
            elif new is None:
                entry = None
                outcome.removed.append(path)
            else:
                entry, clean = self.merge_file(old, mine, new)
                if not clean:
                    outcome.conflicts[path] = (old, mine, new)
            if entry != ours.get(path):
                outcome.changes[path] = entry
        return outcome

    def move(self, base: Files, ours: Files, outcome: Outcome) -> tuple[Files, Files]:
        """Move what the template moved, also where the user has edited it.

        Returns:
            Both with the files in their new places.
        """
        base, ours = dict(base), dict(ours)
        for version, old, new in MOVES:
            if not self.is_new(version):
                continue
            source, target = self.prefix + old, self.prefix + new
            for path in [*base]:
                if path != source and not path.startswith(f"{source}/"):
                    continue
                place = target + path.removeprefix(source)
                # What the user has put there themselves stays theirs.
                if path in ours and place not in ours:
                    if ours[path] != base[path]:
                        outcome.moved[path] = place
                    ours[place] = ours.pop(path)
                    base[place] = base.pop(path)
        return base, ours

    def merge_file(
        self, old: Entry | None, mine: Entry, new: Entry
    ) -> tuple[Entry, bool]:
        """Merge a file that both sides have, and differently.

        Args:
            old: The file both come from, if any.
            mine: The user's.
            new: The template's.

        Returns:
            The file, and whether it is free of conflicts. Of two binaries, or of a link
            and a file, it is the user's.
        """
        if {mine[0], new[0], (old or mine)[0]} - REGULAR:
            return mine, False
        mode = mine[0] if old and mine[0] != old[0] else new[0]
        contents = [
            git("cat-file", "blob", entry[1]) if entry else b""
            for entry in (mine, old, new)
        ]
        if b"\r\n" in contents[0] and b"\r\n" not in contents[2]:
            contents[1:] = [text.replace(b"\n", b"\r\n") for text in contents[1:]]
        paths = []
        for label, content in zip(LABELS, contents, strict=True):
            paths.append(self.work / label)
            paths[-1].write_bytes(content)
        labels = [part for label in LABELS for part in ("-L", label)]
        result = subprocess.run(
            ["git", "merge-file", "--stdout", *labels, *paths],
            capture_output=True,
            check=False,
        )
        if result.returncode >= MERGE_FILE_ERROR:
            return mine, False
        blob = word(git("hash-object", "-w", "--stdin", stdin=result.stdout))
        return (mode, blob), result.returncode == 0

    def is_new(self, version: str) -> bool:
        """Return whether the update passes a version of the template."""
        return (
            Version(os.environ["VERSION_PEP440_FROM"])
            < Version(version)
            <= Version(os.environ["VERSION_PEP440_TO"])
        )

    # --- The result ------------------------------------------------------------------

    def apply(self) -> list[str]:
        """Merge, and put the result into the project.

        Returns:
            The report.
        """
        if git("rev-parse", "HEAD") != git("rev-parse", "refs/django-arch/before^"):
            message = "the project was not recorded"
            raise GitError(message)
        old_answers = git("show", f"HEAD:{self.prefix}{self.answers_file}")
        answers = Path(self.answers_file).read_bytes()
        trees = (
            self.render(self.version_from, old_answers),
            self.render(self.version_to, answers),
        )
        for name, tree in zip(("from", "to"), trees, strict=True):
            git("update-ref", f"refs/django-arch/{name}", tree)
        base, theirs = map(self.files, trees)
        ours = self.files("refs/django-arch/before")
        # Copier alone writes this file.
        base[self.prefix + self.answers_file] = ours[self.prefix + self.answers_file]
        outcome = self.merge(base, ours, theirs)
        self.place(outcome, {*ours, *theirs})
        if not outcome.changes:
            return ["Already up to date."]
        moved = self.moved_by_the_user(set(outcome.unmaintained))
        outcome.unmaintained.update(moved)
        return self.report(
            outcome, yaml.safe_load(old_answers), yaml.safe_load(answers)
        )

    def place(self, outcome: Outcome, known: set[str]) -> None:
        """Make the work tree what the merge came to; the index keeps only conflicts.

        Args:
            outcome: The merge.
            known: Every path that the user or the new version has.
        """
        tracked = self.files("HEAD")
        merging = self.work / "merge"
        git("read-tree", "refs/django-arch/before", index=merging)
        self.update_index(
            ((path, 0, entry) for path, entry in outcome.changes.items()), merging
        )
        result = word(git("write-tree", index=merging))
        # Back to the commit; what Copier has written beside it is in `result`, too.
        git("reset", "--hard", "--quiet")
        for path in known - set(tracked):
            (self.top / path).unlink(missing_ok=True)
            self.remove_empty_folders((self.top / path).parent)
        shutil.copy(word(git("rev-parse", "--git-path", "index")), merging)
        at_top = ("-C", str(self.top))
        git(*at_top, "read-tree", "-m", "-u", "HEAD", result, index=merging)
        stages = (
            (path, stage, entry)
            for path, entries in outcome.conflicts.items()
            for stage, entry in enumerate((None, *entries))
        )
        self.update_index(stages)

    def update_index(
        self,
        entries: Iterable[tuple[str, int, Entry | None]],
        index: Path | None = None,
    ) -> None:
        """Write entries into an index.

        Args:
            entries: Path, stage and entry of each; None at stage 0 removes the path.
            index: A file to use instead of the repository's index.
        """
        lines = [
            f"{entry[0]} {entry[1]} {stage}\t{path}"
            if entry
            else f"0 {'0' * 40}\t{path}"
            for path, stage, entry in entries
            if entry or not stage
        ]
        text = b"".join(os.fsencode(line) + b"\0" for line in lines)
        git("update-index", "-z", "--index-info", stdin=text, index=index)

    def remove_empty_folders(self, folder: Path) -> None:
        """Remove a folder, and those above it, while they are empty."""
        while folder != self.top and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
            folder = folder.parent

    def moved_by_the_user(self, paths: set[str]) -> dict[str, str]:
        """Return old path to new path of files the user has moved.

        Args:
            paths: Those to look for.
        """
        command = ("diff-tree", "-r", "-z", "-M", "--diff-filter=R", "--name-status")
        trees = ("refs/django-arch/from", "refs/django-arch/before")
        listed = names(git(*command, *trees))
        moves = dict(zip(listed[1::3], listed[2::3], strict=True))
        return {path: moves[path] for path in paths & set(moves)}

    # --- The report ------------------------------------------------------------------

    def report(
        self, outcome: Outcome, before: Mapping[str, Any], after: Mapping[str, Any]
    ) -> list[str]:
        """Say what the user has to know.

        Args:
            outcome: The merge.
            before: The answers so far.
            after: The answers now.

        Returns:
            Lines of Markdown.
        """
        lines = [f"Updated from {self.version_from} to {self.version_to}."]
        if self.version_from == self.version_to:
            lines = [f"Rendered {self.version_to} with other answers."]

        def section(title: str, items: Iterable[str]) -> None:
            if listed := sorted(items):
                lines.extend(["", title, "", *(f"- {item}" for item in listed)])

        section(
            "In conflict: solve the marked lines (of a binary, choose one version), "
            "then `git add` the file:",
            map(self.shown, outcome.conflicts),
        )
        section(
            "Removed by the update, though you had edited them; "
            "`git checkout django-arch/before -- PATH` brings one back:",
            map(self.shown, outcome.removed),
        )
        section(
            "Moved by the update, with your edits:",
            (
                f"{self.shown(old)} to {self.shown(new)}"
                for old, new in outcome.moved.items()
            ),
        )
        section(
            "Changed by the template, but you have deleted or moved them; "
            "`git diff django-arch/from django-arch/to -- PATH` shows the change:",
            (
                self.shown(old) + (f" (now {self.shown(new)})" if new else "")
                for old, new in outcome.unmaintained.items()
            ),
        )
        section("To do by hand:", self.notes({**before, **after}, before))
        section(
            "New migrations; run `uv run manage.py migrate`:",
            (
                self.shown(path)
                for path, entry in outcome.changes.items()
                if entry and re.search(r"/migrations/\d+_\w+\.py$", path)
            ),
        )
        section(
            "Switched off, but the tables stay in the database; to drop them, run the "
            "command before you commit the update, in a checkout of django-arch/before:",
            (
                f"{option}: `uv run manage.py migrate {app} zero`"
                for option, app in TABLES.items()
                if before.get(option) and not after.get(option)
            ),
        )
        return [*lines, "", *self.next_steps(has_conflicts=bool(outcome.conflicts))]

    def shown(self, path: str) -> str:
        """Return a path as seen from the project's folder."""
        return f"`{path.removeprefix(self.prefix)}`"

    def notes(
        self, answers: Mapping[str, Any], before: Mapping[str, Any]
    ) -> Iterable[str]:
        """Yield what the changelog tells projects with these answers to do.

        Args:
            answers: The answers now, and those that only the old version knows.
            before: The answers so far.
        """
        changelog = self.unpack(self.version_to) / "CHANGELOG.md"
        if not changelog.is_file():
            return
        text = changelog.read_text(encoding="utf-8")
        for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
            title, _, body = part.partition("\n")
            try:
                if not self.is_new(title.split("]")[0].strip("[] ")):
                    continue
            except InvalidVersion:
                continue
            found = re.search(r"^### On update\n(.*?)(?=^###|\Z)", body, re.M | re.S)
            for item in re.split(r"^- ", found[1] if found else "", flags=re.M)[1:]:
                note = " ".join(item.split())
                option = note.partition(":")[0]
                concerns = answers.get(option, True) or before.get(option)
                if concerns and not note.startswith("Nothing"):
                    yield note

    def next_steps(self, *, has_conflicts: bool) -> list[str]:
        """Bring uv.lock up to date, if that can be done now, and say what is left."""
        if has_conflicts:
            return ["Then run `uv lock` and the tests, and commit."]
        return [lock(), "Look at `git diff`, run the tests, then commit."]


def lock() -> str:
    """Bring uv.lock up to date, from uv's cache if the network is away."""
    if shutil.which("uv") is None:
        return "uv is not installed (https://docs.astral.sh/uv/): install it, then run `uv lock`."
    for arguments in ((), ("--offline",)):
        result = subprocess.run(
            ["uv", "lock", *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        if result.returncode == 0:
            return "uv.lock is up to date."
    return (
        f"uv.lock was not brought up to date ({reason(result.stderr)}): run `uv lock`."
    )


def conflicted() -> list[str]:
    """Return the files that Copier's own merge left in conflict."""
    diff = ("diff", "--name-only", "--diff-filter=U", "--relative", "-z")
    return sorted(set(names(git(*diff))))


def fall_back(why: str) -> list[str]:
    """Report Copier's own result.

    Args:
        why: What kept it from being replaced.

    Returns:
        Lines of Markdown.
    """
    return [
        f"Only Copier's own merge was done ({why}): it loses edits of files that the "
        "template dropped or renamed, of binaries, and of files your global gitignore hides.",
        "Look at `git diff` line by line; `git reset --hard && git clean -fd` undoes it.",
        *(f"- in conflict: `{path}`" for path in conflicted()),
    ]


def main(source: str, answers_file: str, conflict: str) -> None:
    """Do one of the two runs, and print what the user has to know.

    Args:
        source: Copier's clone of the template.
        answers_file: Path of the file with the answers.
        conflict: How conflicts shall be shown; "rej" asks for Copier's own merge.
    """
    before = os.environ["STAGE"] == "before"
    lines: list[str] = []
    with tempfile.TemporaryDirectory(prefix="django-arch-") as work:
        try:
            update = Update(
                Path(source),
                answers_file,
                os.environ["VERSION_FROM"],
                os.environ["VERSION_TO"],
                Path(work).resolve(),
            )
            if before:
                update.record()
            elif conflict == "rej":
                lines = fall_back("because of --conflict rej")
            else:
                lines = update.apply()
        except Exception as error:
            # Copier takes a failure for one of its own and stops in the middle.
            if not before:
                lines = fall_back(f"{type(error).__name__}: {error}")
    for line in lines:
        print(f"   {line}".rstrip(), file=sys.stderr)
    if lines and (report := os.environ.get("DJANGO_ARCH_REPORT")):
        Path(report).write_text("\n".join([*lines, ""]), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
