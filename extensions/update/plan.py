"""What git has to merge in an update, and what the policy decided without it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .git import Entry, Files


@dataclass
class Plan:
    """What git has to merge, and what is decided without it.

    Attributes:
        base: What the old version renders, in the template's new places.
        ours: The owner's files, in the template's new places.
        theirs: What the new version renders.
        moved: Old path to new path of files that the template moved and the owner has
            edited or added.
        removed: Files the template dropped though the owner had edited them.
        unmaintained: Files the owner has deleted or renamed and the template changed or
            dropped; to the owner's name, or "".
        renames: Old path to new path of files that the owner renamed and git merges.
        kept: The owner's links and submodules where the template has another file, by
            path: the entries of base, ours and theirs. They are conflicts.
        clashes: Paths at which one side has a folder and the other one a file.
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
