"""Write the result of a merge into the work tree and the index, or change nothing.

Everything that can fail is done outside the work tree first: git writes the new files
into a temporary folder (with the owner's filters and line ends), and the new index is
complete. Only renames remain, and a failure undoes them. Only SIGKILL or a power failure
can interrupt the renames; `git restore` with the ref `before` then restores the project,
because the index already contains the new files.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from .git import UpdateError
from .staging import check_paths, rejects, write_files, write_index

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .git import Entry
    from .merge import Result
    from .repository import Repository

PREFIX = "django-arch-update-"
LOCK_SECONDS = 2


def place(
    repository: Repository, result: Result, refs: Mapping[str, str], work: Path
) -> None:
    """Write the result into the project; conflicts become unmerged paths of the index.

    Args:
        repository: The project's repository.
        result: The merge.
        refs: The objects of the refs to keep, by name.
        work: A folder for temporary files.

    Raises:
        UpdateError: If a path cannot be written, or another git process runs.
        GitError: If git cannot write the new files, for example if a filter fails.
        OSError: If a rename failed; all renames before it are undone.
    """
    # In the folder of the repository, so that files are renamed and not copied.
    with tempfile.TemporaryDirectory(
        prefix=PREFIX, dir=repository.folder, ignore_cleanup_errors=True
    ) as folder:
        stage, backup, index = (Path(folder, name) for name in ("new", "old", "index"))
        for path in (stage, backup):
            path.mkdir()
        changes = {**result.changes, **dict.fromkeys(rejects(result), ("100644", ""))}
        check_paths(repository, changes)
        write_files(repository, result, stage, work)
        write_index(repository, result, stage, index)
        repository.keep(refs)
        with _uninterrupted():
            _swap(repository, changes, stage, backup, index)
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ignore signals for the few milliseconds of the renames."""
    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {
        name: signal.signal(getattr(signal, name), signal.SIG_IGN) for name in names
    }
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


def _swap(
    repository: Repository,
    changes: Mapping[str, Entry | None],
    stage: Path,
    backup: Path,
    index: Path,
) -> None:
    """Replace the index and the files by renames; undo all renames if one fails."""
    undo: list[Callable[[], object]] = []
    old_index = shutil.copy(repository.index, backup / "index")
    try:
        _replace_index(repository, index)
        undo.append(lambda: Path(old_index).replace(repository.index))
        for number, (path, entry) in enumerate(changes.items()):
            file, kept = repository.top / path, backup / str(number)
            if os.path.lexists(file):
                shutil.move(file, kept)
                undo.append(partial(_restore, kept, file))
            if entry:
                file.parent.mkdir(parents=True, exist_ok=True)
                undo.append(partial(file.unlink, missing_ok=True))
                shutil.move(stage / path, file)
        for path, entry in changes.items():
            if not entry:
                _remove_empty_folders(repository, (repository.top / path).parent)
    except BaseException:
        for step in reversed(undo):
            step()
        for path, entry in changes.items():
            if entry:
                _remove_empty_folders(repository, (repository.top / path).parent)
        raise


def _restore(kept: Path, file: Path) -> None:
    """Move a file back."""
    file.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(kept, file)


def _replace_index(repository: Repository, new: Path) -> None:
    """Replace the index while holding git's lock."""
    lock = repository.index.with_name("index.lock")
    # An editor may run `git status` at any moment.
    deadline = time.monotonic() + LOCK_SECONDS
    while lock.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    try:
        os.close(os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        message = f"Another git process is running; if not, delete {lock}."
        raise UpdateError(message) from None
    try:
        new.replace(repository.index)
    finally:
        lock.unlink()


def _remove_empty_folders(repository: Repository, folder: Path) -> None:
    """Remove a folder and its parents while they are empty."""
    project = repository.top / repository.prefix
    with suppress(OSError):
        while folder != project:
            folder.rmdir()
            folder = folder.parent
