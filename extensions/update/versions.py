"""The versions of an update, and the changelog's notes between them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from packaging.version import InvalidVersion, Version

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True)
class Versions:
    """The old and the new version of an update.

    Attributes:
        old: The old version, as git describes it.
        new: The new version, as git describes it.
        span: Both as version numbers.
        before: The answers before the update.
        after: The answers after the update.
        changelog: The text of the new version's changelog, or "".
    """

    old: str
    new: str
    span: tuple[Version, Version]
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    changelog: str

    def notes(self) -> Iterable[str]:
        """Yield the steps for projects with these answers, the oldest version first."""
        answers = {**self.before, **self.after}
        for title, body in reversed(_parts(self.changelog, "## ")):
            version = title.split("]")[0].strip("[] ")
            if not self._is_passed(version):
                continue
            found = dict(_parts(body, "### ")).get("On update", "")
            for item in re.split(r"^- ", found, flags=re.MULTILINE)[1:]:
                note = " ".join(item.split())
                option = note.partition(":")[0]
                concerns = answers.get(option, True) or self.before.get(option)
                if concerns and not note.startswith("Nothing"):
                    yield f"{version}: {note}"

    def _is_passed(self, version: str) -> bool:
        """Return whether the update passes a version of the template."""
        try:
            return self.span[0] < Version(version) <= self.span[1]
        except InvalidVersion:
            return False


def _parts(text: str, mark: str) -> list[tuple[str, str]]:
    """Return title and body of each part of a Markdown text."""
    parts = re.split(rf"^{mark}", text, flags=re.MULTILINE)[1:]
    split = [part.partition("\n") for part in parts]
    return [(title.strip(), body) for title, _, body in split]
