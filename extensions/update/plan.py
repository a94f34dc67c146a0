"""The data that an update merges with git, and the decisions of the policy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .git import Entry, Files


@dataclass
class Plan:
    """The data that git merges, and the decisions of the policy.

    Attributes:
        base: The render of the old version, at the template's new paths.
        ours: The owner's files, at the template's new paths.
        theirs: The render of the new version.
        moved: The new path of each file that the template moved and the owner edited or
            added.
        removed: Files that the template removed although the owner had edited them.
        unmaintained: The owner's path, or "" for a deleted file, of each file that the
            owner deleted or renamed and the template changed or removed.
        renames: The new path of each file that the owner renamed and git merges.
        kept: The entries of base, ours and theirs of each path where the owner has a link
            or a submodule and the template another file. They are conflicts.
        clashes: Paths at which one side has a folder and the other side a file.
    """

    base: Files
    ours: Files
    theirs: Files
    moved: dict[str, str] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    unmaintained: dict[str, str] = field(default_factory=dict)
    renames: dict[str, str] = field(default_factory=dict)
    kept: dict[str, tuple[Entry | None, ...]] = field(default_factory=dict)
    clashes: list[str] = field(default_factory=list)
