"""The README's commands do what it says, for somebody who has only git and uv."""

import os
import re
import shlex
import shutil
from typing import TYPE_CHECKING

from tests.project import REPOSITORY, git, run
from tests.server import free_port, serving

if TYPE_CHECKING:
    from pathlib import Path


def commands() -> list[str]:
    readme = (REPOSITORY / "README.md").read_text()
    return re.findall(r"^```bash\n(.+?)\n```$", readme, re.MULTILINE | re.DOTALL)


def clean_clone(target: "Path") -> "Path":
    """Return a clone of the work tree, as if all of it were committed."""
    work = target / "work"
    work.mkdir(parents=True)
    listed = git(REPOSITORY, "ls-files", "-z", "-co", "--exclude-standard")
    for name in filter(None, listed.split("\0")):
        if (REPOSITORY / name).is_file():
            (work / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPOSITORY / name, work / name)
    git(work, "init", "--quiet")
    git(work, "add", "-A")
    git(work, "commit", "--quiet", "-m", "Everything")
    git(target, "clone", "--quiet", work, "django-arch")
    return target / "django-arch"


def only(*programs: str, folder: "Path") -> str:
    """Return a PATH that holds these programs beside the system's own."""
    folder.mkdir()
    for program in programs:
        found = shutil.which(program)
        assert found
        (folder / program).write_text(f'#!/bin/sh\nexec {shlex.quote(found)} "$@"\n')
        (folder / program).chmod(0o755)
    return os.pathsep.join([str(folder), "/usr/bin", "/bin"])


def test_the_first_command_ends_in_a_running_project(tmp_path: "Path") -> None:
    clone = clean_clone(tmp_path / "clones")
    home = tmp_path / "home"
    home.mkdir()
    env = {
        "HOME": str(home),
        "PATH": only("uv", "uvx", folder=tmp_path / "bin"),
        "UV_CACHE_DIR": run("uv", "cache", "dir").stdout.strip(),
        "GIT_CONFIG_GLOBAL": os.devnull,
    }
    port = free_port()
    shell = ("bash", "-c", f"{commands()[0]} {port}")
    with serving(*shell, cwd=clone, port=port, env=env) as api:
        assert api.call("GET", "/api/health/") == (
            200,
            {"status": "healthy", "db": "ok", "cache": "ok"},
        )
    assert git(clone, "status", "--porcelain") == ""


def test_the_second_command_is_what_ci_runs() -> None:
    second = commands()[1]
    assert second == "uv run pytest"
    script = (REPOSITORY / ".ci" / "run").read_text()
    assert re.findall(r"^ *(.*\bpytest\b.*) -m ", script, re.MULTILINE) == [
        f"{second} --durations=25"
    ]


def test_every_question_is_in_the_readme() -> None:
    readme = (REPOSITORY / "README.md").read_text()
    asked = re.findall(r"^(\w+):\n(?:  .*\n)*?  help:", questionnaire(), re.MULTILINE)
    assert asked
    assert [name for name in asked if f"`{name}`" not in readme] == []


def test_every_relative_link_leads_somewhere() -> None:
    for document in [*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/*.md")]:
        for link in re.findall(r"\]\(([^)#]+)", document.read_text()):
            if not link.startswith("http"):
                assert (document.parent / link).exists(), f"{document}: {link}"


def questionnaire() -> str:
    return (REPOSITORY / "copier.yml").read_text()
