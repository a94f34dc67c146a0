"""Find the migrations and settings that the project needs after an update."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .git import Files
    from .merge import Result
    from .repository import Repository, Tree, Trees

NAME = re.compile(r"^(?:# )?([A-Z][A-Z0-9_]*)=", re.MULTILINE)
REQUIRED = re.compile(r"required outside local", re.IGNORECASE)
OLD_MAIL = re.compile(
    r"^(EMAIL_(?:BACKEND|HOST|PORT|HOST_USER|HOST_PASSWORD|USE_TLS|USE_SSL|TIMEOUT))\b.*=",
    re.MULTILINE,
)


def outlook(
    repository: Repository, trees: Trees, result: Result
) -> Iterator[tuple[str, list[str]]]:
    """Yield the title and items of each section about migrations and settings.

    Args:
        repository: The project's repository.
        trees: The sides of the merge.
        result: The merge, not yet in the project.
    """
    prefix = repository.prefix
    base, _, theirs = trees

    def text(files: Files, path: str) -> str:
        entry = files.get(prefix + path)
        return repository.read(entry).decode(errors="replace") if entry else ""

    yield (
        "New migrations; run `uv run manage.py migrate`:",
        [
            *(
                repository.shown(path)
                for path, entry in result.changes.items()
                if entry and re.search(r"/migrations/\d+_\w+\.py$", path)
            ),
            *(
                f"those of `{app}`"
                for app in sorted(
                    _installed_apps(repository, theirs)
                    - _installed_apps(repository, base)
                )
            ),
        ],
    )
    old, new = (text(tree.files, ".env.example") for tree in (base, theirs))
    required = _required(new)
    # The first versions did not mark what is required.
    known = _required(old) or {*NAME.findall(old)}
    path = repository.top / prefix / ".env"
    own = {*NAME.findall(path.read_text(errors="replace"))} if path.is_file() else set()
    added = {*NAME.findall(new)} - {*NAME.findall(old)}
    gone = {*NAME.findall(old)} - {*NAME.findall(new)}
    yield (
        "Settings now required outside local:",
        [f"`{name}`" for name in required - known],
    )
    yield (
        "New settings with defaults; `.env.example` describes them:",
        [f"`{name}`" for name in added - required],
    )
    yield "No longer read; remove from `.env`:", [f"`{n}`" for n in gone & own]
    settings = _settings(repository, theirs)
    if "MAILERS" in settings and "MAILERS" not in _settings(repository, base):
        mine = _settings(repository, repository.tree(result.tree))
        yield (
            "Django rejects these settings together with `MAILERS`; set `EMAIL_URL` instead:",
            [f"`{name}`" for name in {*OLD_MAIL.findall(mine)}],
        )


def _required(text: str) -> set[str]:
    """Return the names in an `.env.example` whose comment says "required outside local"."""
    # A comment covers the names up to the next comment or empty line.
    names: set[str] = set()
    is_required = in_comment = False
    for line in text.splitlines():
        if name := NAME.match(line):
            in_comment = False
            if is_required:
                names.add(name[1])
        elif line.startswith("#"):
            is_required = bool(REQUIRED.search(line)) or (is_required and in_comment)
            in_comment = True
        else:
            is_required = in_comment = False
    return names


def _settings(repository: Repository, tree: Tree) -> str:
    """Return the text of all modules of the `config` package."""
    start = f"{repository.prefix}config/"
    paths = [path for path in tree.files if path.startswith(start)]
    return "\n".join(
        repository.read(tree.files[path]).decode(errors="replace")
        for path in paths
        if path.endswith(".py")
    )


def _installed_apps(repository: Repository, tree: Tree) -> set[str]:
    """Return the names in INSTALLED_APPS without running the settings."""
    start = f"{repository.prefix}config/"
    apps: set[str] = set()
    for path, entry in tree.files.items():
        if not path.startswith(start) or not path.endswith(".py"):
            continue
        try:
            module = ast.parse(repository.read(entry))
        except (SyntaxError, ValueError):
            continue
        for node in ast.walk(module):
            targets = (
                node.targets
                if isinstance(node, ast.Assign)
                else [node.target]
                if isinstance(node, ast.AnnAssign | ast.AugAssign)
                else []
            )
            if any(getattr(target, "id", "") == "INSTALLED_APPS" for target in targets):
                apps |= {
                    part.value
                    for part in ast.walk(node)
                    if isinstance(part, ast.Constant) and isinstance(part.value, str)
                }
    return apps
