"""What earlier versions of the template had in other places, or under other names."""

from __future__ import annotations

from typing import Final

MOVES: Final[tuple[tuple[str, str], ...]] = ()
"""(from, to): files and folders of a render that moved, the oldest first.

An entry counts in every update in which the old version renders the first path and the
new version does not, so it stays as long as projects of that old version exist. A path
that moved is never used again for another file.
"""

TABLES: Final = {"use_celery": "django_celery_beat"}
"""Option to the installed app whose tables stay behind when it is switched off."""
