"""Whatever fails or stops an update: the project before it, or the finished update."""

import json
import os
import random
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from extensions import update as hook
from tests.project import REPOSITORY, git, run, tool
from tests.updates import SMALL, Template, commit, disk, replace_text, unmerged

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.project import Project

pytestmark = pytest.mark.exhaustive

UNDO = "git restore --source=django-arch/before --staged --worktree ."


@dataclass(frozen=True)
class Case:
    """A project that an update changes in every way, and what Copier tells the hook."""

    project: "Project"
    source: "Path"
    conf: "Path"

    @property
    def env(self) -> dict[str, str]:
        return {
            "STAGE": "after",
            "VERSION_FROM": "v1.0.0",
            "VERSION_TO": "v2.0.0",
            "VERSION_PEP440_FROM": "1.0.0",
            "VERSION_PEP440_TO": "2.0.0",
        }

    def state(self) -> tuple[object, ...]:
        path = self.project.path
        return (
            disk(path),
            git(path, "status", "--porcelain"),
            git(path, "ls-files", "--stage"),
        )

    def undo(self) -> None:
        run("sh", "-c", UNDO, cwd=self.project.path)


@pytest.fixture
def case(source: "Path", tmp_path: "Path") -> Case:
    template = Template.make(source, tmp_path / "template", SMALL)
    shop = template.copy(tmp_path / "shop", "v1.0.0", use_celery=True)
    commit(shop.path, "Start")
    replace_text(shop.path / ".editorconfig", "root = true", "root = ours")
    replace_text(shop.path / "docs/tasks.md", "", "\nOurs.\n")
    replace_text(shop.path / "apps/core/tasks.py", "", "\nOURS = 1\n")
    commit(shop.path, "Edit")
    (shop.path / ".env").write_text("SECRET_KEY=mine\n")
    (shop.path / "own.log").write_text("Ignored.\n")
    replace_text(template.file(".editorconfig"), "root = true", "root = theirs")
    replace_text(template.file("docs/tasks.md"), "# ", "# Our ")
    template.file("news/news.md").write_text("News.\n" * 40_000)
    template.file("apps/core/tasks.py").unlink()
    template.move("config/urls.py", "config/routes.py")
    template.release("v2.0.0")
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", template.path, clone)
    conf = tmp_path / "update.json"
    answers = shop.read(".copier-answers.yml").replace("v1.0.0", "v2.0.0")
    values = {
        "source": str(clone),
        "answers": answers.partition("\n")[2],
        "answers_file": ".copier-answers.yml",
        "conflict": "inline",
        "exclude": [],
        "skip_if_exists": [],
    }
    conf.write_text(json.dumps(values))
    return Case(shop, clone, conf)


@pytest.fixture
def start(case: Case, monkeypatch: pytest.MonkeyPatch) -> "Callable[[], str]":
    """Return a function that runs the hook here, and returns why it failed."""
    monkeypatch.chdir(case.project.path)
    for name, value in case.env.items():
        monkeypatch.setenv(name, value)

    def run_hook() -> str:
        try:
            hook.main(str(case.conf))
        except SystemExit as error:
            return str(error.code)
        return ""

    return run_hook


def check_finished(case: Case) -> None:
    assert unmerged(case.project) == [".editorconfig"]
    assert (case.project.path / "news/news.md").exists()
    assert (case.project.path / "config/routes.py").exists()
    assert not (case.project.path / "config/urls.py").exists()
    assert not (case.project.path / "apps/core/tasks.py").exists()


def test_each_git_command_fails_once(
    case: Case, start: "Callable[[], str]", monkeypatch: pytest.MonkeyPatch
) -> None:
    before = case.state()
    real: Callable[..., subprocess.CompletedProcess[bytes]] = subprocess.run
    calls, failing = 0, 0

    def fail(
        command: list[str], **options: object
    ) -> "subprocess.CompletedProcess[bytes]":
        nonlocal calls
        is_ours = "user.name=django-arch" in command
        calls += is_ours
        if is_ours and calls == failing:
            return subprocess.CompletedProcess(command, 128, b"", b"fatal: planted\n")
        return real(command, **options)

    monkeypatch.setattr("extensions.update.git.subprocess.run", fail)
    assert start() == ""
    check_finished(case)
    total = calls
    assert total > 20
    case.undo()
    assert case.state() == before
    for number in range(1, total + 1):
        calls, failing = 0, number
        assert "failed: fatal: planted. Nothing was changed." in start()
        assert calls == number
        assert case.state() == before


def test_each_rename_fails_once(
    case: Case, start: "Callable[[], str]", monkeypatch: pytest.MonkeyPatch
) -> None:
    before = case.state()
    real, calls, failing = shutil.move, 0, 0

    def fail(source: "Path", target: "Path") -> object:
        nonlocal calls
        calls += 1
        if calls == failing:
            raise OSError(28, "No space left on device")
        return real(source, target)

    monkeypatch.setattr("extensions.update.placement.shutil.move", fail)
    assert start() == ""
    total = calls
    assert total > 8
    case.undo()
    for number in range(1, total + 1):
        calls, failing = 0, number
        assert "No space left on device" in start()
        assert case.state() == before


def test_a_disk_that_is_full_changes_nothing(case: Case) -> None:
    """A limit on the size of files, which the new file exceeds, stands for the disk."""
    before = case.state()
    result = run(
        *("sh", "-c", f"ulimit -f 100; exec {tool('python')} $0 update $1"),
        *(case.source / "extensions", case.conf),
        cwd=case.project.path,
        env=case.env,
        check=False,
    )
    assert result.returncode != 0
    assert "Nothing was changed." in result.stderr
    assert case.state() == before


def test_killed_at_each_rename(case: Case, tmp_path: "Path") -> None:
    """The one command brings the project back, whichever rename was the last."""
    before = case.state()
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(
        "import os, signal, sys\n"
        "left = [int(os.environ['KILL_AT'])]\n"
        "def kill(event, arguments):\n"
        "    if event == 'os.rename' and 'django-arch-update' in str(arguments[0:2]):\n"
        "        left[0] -= 1\n"
        "        if left[0] == 0:\n"
        "            os.kill(os.getpid(), signal.SIGKILL)\n"
        "sys.addaudithook(kill)\n"
    )
    undone = 0
    for number in range(1, 100):
        env = case.env | {"PYTHONPATH": str(site), "KILL_AT": str(number)}
        result = run(
            *(tool("python"), case.source / "extensions", "update", case.conf),
            cwd=case.project.path,
            env=env,
            check=False,
        )
        if result.returncode == 0:
            break
        assert result.returncode == -signal.SIGKILL
        (case.project.path / ".git/index.lock").unlink(missing_ok=True)
        undone += case.state() != before
        case.undo()
        assert case.state() == before
    assert undone > 8
    check_finished(case)


def test_stopped_at_random_moments(case: Case) -> None:
    """The whole of Copier, at 30 moments spread over the time that an update takes."""
    assert UNDO in (REPOSITORY / "docs/updating.md").read_text()
    before = case.state()
    arguments = (str(tool("copier")), "update", "--trust", "--defaults", "--quiet")
    started = time.monotonic()
    run(*arguments, cwd=case.project.path)
    seconds = time.monotonic() - started
    case.undo()
    chance = random.Random(7)
    stopped = 0
    while stopped < 30:
        process = subprocess.Popen(
            arguments,
            cwd=case.project.path,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=seconds * (stopped + chance.random()) / 30)
        if process.returncode is None:
            stopped += 1
        else:
            # Faster than the first one.
            seconds *= 0.9
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        # The pipe ends with the last process that holds it.
        process.communicate()
        # A git that is killed leaves its lock, also where it has changed nothing.
        (case.project.path / ".git/index.lock").unlink(missing_ok=True)
        if case.state() != before:
            case.undo()
        assert case.state() == before
    run(*arguments, cwd=case.project.path)
    check_finished(case)
