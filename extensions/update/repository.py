"""The git repository of the project, and the trees that an update merges."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from .git import git, lines, word, words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .git import Entry, Files

INFO = "info/attributes"


@dataclass(frozen=True)
class Tree:
    """A tree in the object store.

    Attributes:
        tree: Its object name.
        files: Its files by path from the top of the repository.
        commit: A commit of the tree, or "".
    """

    tree: str
    files: Files = field(repr=False)
    commit: str = ""


class Trees(NamedTuple):
    """The three sides of a merge.

    Attributes:
        base: The render of the old version.
        ours: The project before the update.
        theirs: The render of the new version.
    """

    base: Tree
    ours: Tree
    theirs: Tree


@dataclass(frozen=True)
class Repository:
    """The repository of the project; the project may be a folder in it.

    Attributes:
        top: Folder of the work tree.
        prefix: Path of the project below `top`, empty or with a slash at the end.
        folder: Git's folder for this work tree.
    """

    top: Path
    prefix: str
    folder: Path

    @classmethod
    def find(cls) -> Repository:
        """Return the repository of the current folder."""
        shown = ("--show-toplevel", "--show-prefix", "--absolute-git-dir")
        top, prefix, folder = (
            os.fsdecode(git("rev-parse", option)).removesuffix("\n") for option in shown
        )
        return cls(Path(top), prefix, Path(folder))

    @cached_property
    def index(self) -> Path:
        """Return the path of the index."""
        return self.top / word(self("rev-parse", "--git-path", "index"))

    @property
    def refs(self) -> str:
        """Return the prefix of the project's refs, unique per project and work tree."""
        is_linked = self.folder.parent.name == "worktrees"
        place = f"{self.folder.name}/" if is_linked else ""
        return "django-arch/" + re.sub(r"[^\w/-]", "-", place + self.prefix)

    def __call__(
        self,
        *command: str | Path,
        stdin: bytes = b"",
        env: Mapping[str, str | Path] | None = None,
        accept: tuple[int, ...] = (0,),
    ) -> bytes:
        """Run git in the top folder of the repository; see `git`."""
        return git("-C", self.top, *command, stdin=stdin, env=env, accept=accept)

    def shown(self, path: str) -> str:
        """Return a path below the project's folder, in backticks."""
        return f"`{path.removeprefix(self.prefix)}`"

    def tree(self, name: str, commit: str = "") -> Tree:
        """Return a tree with the project's files."""
        command = ("ls-tree", "-r", "-z", "--full-tree", name)
        scope = ("--", self.prefix) if self.prefix else ()
        listed = (line.split("\t", 1) for line in words(self(*command, *scope)))
        entries = {path: details.split() for details, path in listed}
        files = {path: (entry[0], entry[2]) for path, entry in entries.items()}
        return Tree(name, files, commit)

    def write(self, files: Files, work: Path) -> str:
        """Return a tree of only these files.

        Args:
            files: The files by path.
            work: A folder for the temporary index.
        """
        index = {"GIT_INDEX_FILE": work / "write"}
        entries = (f"{mode} {name}\t{path}" for path, (mode, name) in files.items())
        self("read-tree", "--empty", env=index)
        self("update-index", "-z", "--index-info", stdin=lines(entries), env=index)
        return word(self("write-tree", env=index))

    def blob(self, content: bytes) -> str:
        """Return the name of a new blob."""
        return word(self("hash-object", "-w", "--stdin", stdin=content))

    def read(self, entry: Entry) -> bytes:
        """Return the content of a file."""
        return self("cat-file", "blob", entry[1])

    def record(self, work: Path, rendered: set[str]) -> Tree:
        """Commit the project, including rendered files that git ignores.

        Args:
            work: A folder for the temporary index.
            rendered: The paths that either version renders.
        """
        index = {"GIT_INDEX_FILE": work / "record"}
        self("read-tree", "HEAD", env=index)
        known = self.tree("HEAD").files
        ignored = sorted(path for path in rendered - set(known) if self._has_file(path))
        add = ("update-index", "--add", "-z", "--stdin")
        self(*add, stdin=lines(ignored), env=index)
        tree = word(self("write-tree", env=index))
        message = ("-p", "HEAD", "-m", "The project before the update")
        return self.tree(tree, word(self("commit-tree", tree, *message)))

    def _has_file(self, path: str) -> bool:
        """Return whether a file or link exists whose parent folders are not links."""
        file = self.top / path
        parent = file.parent.resolve()
        is_here = parent == self.top.resolve() / file.parent.relative_to(self.top)
        return is_here and os.path.lexists(file) and not file.is_dir()

    def keep(self, refs: Mapping[str, str]) -> None:
        """Set the project's refs."""
        commands = (f"update refs/{self.refs}{k}\0{v}\0\0" for k, v in refs.items())
        text = "".join(commands)
        self("update-ref", "-z", "--stdin", stdin=text.encode())


def scratch(repository: Repository, work: Path) -> dict[str, str | Path]:
    """Return environment variables of an empty repository that shares the object store.

    A merge there does not touch the project's refs, and its branches give the names in
    conflict markers. The attributes of the project's files still apply.
    """
    folder = work / "scratch.git"
    shutil.rmtree(folder, ignore_errors=True)
    hash_format = word(repository("rev-parse", "--show-object-format"))
    git("init", "--quiet", "--bare", f"--object-format={hash_format}", folder)
    # The owner's merge drivers, and attributes that are not in the work tree.
    paths = (repository("rev-parse", "--git-path", n) for n in ("config", INFO))
    config, attributes = (repository.top / word(path) for path in paths)
    git("-C", folder, "config", "include.path", config)
    if attributes.is_file():
        (folder / INFO).parent.mkdir(exist_ok=True)
        shutil.copy(attributes, folder / INFO)
    objects = repository.top / word(repository("rev-parse", "--git-path", "objects"))
    return {
        "GIT_DIR": folder,
        "GIT_WORK_TREE": repository.top,
        "GIT_OBJECT_DIRECTORY": objects,
    }
