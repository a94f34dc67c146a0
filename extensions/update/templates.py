"""Render versions of the template."""

from __future__ import annotations

import re
import shutil
import tempfile
from importlib import import_module
from typing import TYPE_CHECKING, Any

import yaml

from .git import git, lines, word, words

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .repository import Repository, Tree


class Template:
    """Copier's clone of the template, and the renders of its versions."""

    def __init__(
        self, repository: Repository, source: Path, work: Path, conf: Mapping[str, Any]
    ) -> None:
        """Store the folders to work in.

        Args:
            repository: The repository that stores the rendered files.
            source: The clone.
            work: A folder for temporary files.
            conf: Copier's `answers_file` and `exclude`.
        """
        self.repository = repository
        self.source = source
        self.work = work
        self.conf = conf

    def checkout(self, version: str) -> Path:
        """Return a folder with a version of the template, without git.

        Copier would clone a repository again. Unlike `git archive`, a checkout has the
        files with the attribute `export-ignore`.

        Args:
            version: The version as git describes it.
        """
        folder = self.work / re.sub(r"[^\w.-]", "_", version)
        if not folder.is_dir():
            folder.mkdir()
            env = {"GIT_INDEX_FILE": self.work / "checkout"}
            at_source = ("-C", self.source, f"--work-tree={folder}")
            plain = ("-c", "core.autocrlf=false")
            git(*at_source, *plain, "read-tree", "--reset", "-u", version, env=env)
        return folder

    def render(self, version: str, answers: str) -> Tree:
        """Return the render of a version, at the project's path in its repository.

        Args:
            version: The version as git describes it.
            answers: The text of the answers file, with or without its first comment.
        """
        root, prefix = self._empty_folder(), self.repository.prefix
        target = root / prefix
        values = yaml.safe_load(answers)
        # Imported here, because it is slow and only the second stage needs it.
        copier = import_module("copier")
        copier.run_copy(
            str(self.checkout(version)),
            target,
            data={k: v for k, v in values.items() if not k.startswith("_")},
            answers_file=self.conf["answers_file"],
            exclude=[*self.conf["exclude"], f"!/{self.conf['answers_file']}"],
            defaults=True,
            unsafe=True,
            quiet=True,
            skip_tasks=True,
            settings=copier.Settings(),
        )
        self._write_answers(target / self.conf["answers_file"], answers)
        tree = self.repository.tree(self._store(root))
        shutil.rmtree(root)
        return tree

    def changelog(self, version: str) -> str:
        """Return the changelog of a version, or an empty text."""
        path = self.checkout(version) / "CHANGELOG.md"
        return path.read_text(encoding="utf-8") if path.is_file() else ""

    def _empty_folder(self) -> Path:
        """Return a new folder."""
        return self.work / tempfile.mkdtemp(dir=self.work)

    @staticmethod
    def _write_answers(file: Path, answers: str) -> None:
        """Write Copier's answers below the template's comment."""
        rendered = file.read_text(encoding="utf-8").splitlines(keepends=True)
        comment = [line for line in rendered if line.startswith("#")]
        values = answers.splitlines(keepends=True)
        values = [line for line in values if not line.startswith("#")]
        file.write_text("".join([*comment, *values]), encoding="utf-8", newline="\n")

    def _store(self, root: Path) -> str:
        """Return a tree of a folder, stored with the attributes of the owner's files."""
        # A filter of the owner (git LFS) or line ends change what git stores.
        prefix = self.repository.prefix
        env = {
            "GIT_DIR": self.repository.folder,
            "GIT_INDEX_FILE": self.work / "store",
        }
        self.repository("read-tree", "HEAD", env=env)
        name = f"{prefix}.gitattributes"
        own, rendered = self.repository.top / name, root / name
        content = rendered.read_bytes() if rendered.is_file() else None
        if own.is_file():
            shutil.copy(own, rendered)
        elif content is not None:
            rendered.unlink()
        at_root = ("-C", root, f"--work-tree={root}")
        paths = {
            path.relative_to(root).as_posix()
            for path in root.rglob("*")
            if path.is_symlink() or path.is_file()
        }
        # Unlike `git add --all`, this keeps attributes that only the index has.
        add = ("update-index", "--add", "--replace", "-z", "--stdin")
        git(*at_root, *add, stdin=lines(sorted(paths)), env=env)
        gone = {*words(self.repository("ls-files", "-z", env=env))} - paths
        remove = ("update-index", "--force-remove", "-z", "--stdin")
        self.repository(*remove, stdin=lines(sorted(gone)), env=env)
        if content is None:
            change: tuple[str, ...] = ("--force-remove", "--", name)
        else:
            blob = self.repository.blob(content)
            change = ("--add", "--cacheinfo", f"100644,{blob},{name}")
        self.repository("update-index", *change, env=env)
        return word(git("write-tree", env=env))
