"""The image holds what runs, and nothing else."""

import json
import os
import re
import subprocess
import tarfile
from typing import TYPE_CHECKING

import pytest

from tests.engine import DEFAULT, docker
from tests.project import run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.engine import Stack


pytestmark = pytest.mark.exhaustive

IMPORT_COMPILED = """
import importlib, pathlib, sys
import psycopg  # Its compiled part cannot be imported first.
for root in map(pathlib.Path, filter(None, sys.path)):
    for path in root.rglob("*.so"):
        parts = (path.parent / path.name.partition(".")[0]).relative_to(root).parts
        if all(map(str.isidentifier, parts)):
            importlib.import_module(".".join(parts))
            print(".".join(parts))
"""


@pytest.fixture(scope="module")
def image_files(stack: "Stack", tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return the path of every file in the image."""
    archive = tmp_path_factory.mktemp("image") / "files.tar"
    container = docker("create", stack.name).stdout.strip()
    docker("export", "--output", str(archive), container)
    docker("rm", container)
    with tarfile.open(archive) as files:
        return files.getnames()


def test_the_image_has_no_shell_and_nothing_of_the_checkout(
    image_files: list[str],
) -> None:
    programs = re.compile(r"(?:.*/)?s?bin/([^/]+)")
    names = {found[1] for path in image_files if (found := programs.fullmatch(path))}
    assert {"python3.12", "gunicorn"} <= names
    assert not names & {"sh", "bash", "dash", "busybox", "apt", "dpkg", "pip", "uv"}
    ours = [path for path in image_files if re.match(r"app/(?!\.venv/)", path)]
    assert {path.split("/")[1] for path in ours} - {""} == {
        *(".venv", "apps", "config", "manage.py")
    }
    unwanted = re.compile(r"/(tests|\.git|\.env|conftest\.py|[^/]*\.md)(/|$)")
    assert [path for path in ours if unwanted.search(path)] == []


def test_the_image_has_no_development_dependency(
    stack: "Stack", image_files: list[str]
) -> None:
    packages = "app/.venv/lib/python3.12/site-packages/"
    installed = {
        path.removeprefix(packages).split("/")[0].partition("-")[0].lower()
        for path in image_files
        if path.startswith(packages) and ".dist-info" in path
    }

    def names(*groups: str) -> set[str]:
        exported = stack.project.run(
            *("uv", "export", "--frozen", "--no-hashes", "--no-annotate"), *groups
        )
        found = re.findall(r"^([a-z0-9._-]+)==", exported.stdout, re.MULTILINE)
        return {re.sub("[-.]", "_", name) for name in found}

    assert "django" in installed
    assert not installed & (names("--only-group", "dev") - names("--no-dev"))


def test_the_image_is_small_and_unprivileged(
    stack: "Stack", record_property: "Callable[[str, object], None]"
) -> None:
    size = int(stack.inspect(stack.name, "{{.Size}}"))
    record_property("image size", f"{size / 1e6:.0f} MB")
    assert size <= 300_000_000
    assert stack.inspect(stack.name, "{{.Config.User}}") == "65532:65532"
    for container in stack.compose("ps", "--quiet").stdout.split():
        host = json.loads(stack.inspect(container, "{{json .HostConfig}}"))
        assert host["ReadonlyRootfs"]
        assert host["CapDrop"] == ["ALL"]
        assert "no-new-privileges:true" in host["SecurityOpt"]
    assert stack.exec("nginx", "id", "-u").strip() == "101"


def test_no_secret_is_in_a_layer_or_in_the_history(
    stack: "Stack", tmp_path: "Path"
) -> None:
    private = stack.secrets().values()
    assert len(private) >= 3
    patterns = tmp_path / "secrets"
    patterns.write_text("\n".join(private))
    for image in (stack.name, f"{stack.name}-nginx"):
        history = docker("history", "--no-trunc", image).stdout
        assert not [secret for secret in private if secret in history]
        save = subprocess.Popen(("docker", "save", image), stdout=subprocess.PIPE)
        found = subprocess.run(
            ("grep", "--quiet", "--text", "--fixed-strings", "--file", patterns),
            stdin=save.stdout,
            check=False,
        )
        assert found.returncode == 1
        assert save.wait() == 0


def in_image(stack: "Stack", script: str, *options: str) -> str:
    """Run a Python script in the image, without a stack."""
    return docker(
        *("run", "--rm", "--read-only", "-eENVIRONMENT=local", *options),
        *("--entrypoint", "python", stack.name, "-c", script),
    ).stdout


def test_every_compiled_module_can_be_imported(stack: "Stack") -> None:
    imported = in_image(stack, IMPORT_COMPILED).split()
    assert {"uvloop.loop", "_cffi_backend", "_ssl", "_sqlite3"} <= set(imported)
    version = in_image(stack, "import sys; print(*sys.version_info[:2])")
    assert version.split() == ["3", "12"]


@DEFAULT
@pytest.mark.parametrize(
    ("option", "workers"), [("--cpus=1", 3), ("--cpuset-cpus=0", 3), ("-eA=", None)]
)
def test_workers_follow_the_cpus_of_the_container(
    stack: "Stack", option: str, workers: int | None
) -> None:
    script = "import runpy; print(runpy.run_path('config/gunicorn.conf.py')['workers'])"
    expected = workers or 2 * len(os.sched_getaffinity(0)) + 1
    assert int(in_image(stack, script, option)) == expected


@DEFAULT
@pytest.mark.parametrize(
    "planted", ["import os\n", "x = {'a':1}\n"], ids=["lint", "format"]
)
def test_a_finding_of_ruff_ends_the_build(
    stack: "Stack", tmp_path: "Path", planted: str
) -> None:
    project = stack.project.copy_to(tmp_path / "project")
    module = project.path / "apps" / "users" / "apps.py"
    module.write_text(module.read_text() + planted)
    image = f"{stack.name}-planted"
    result = run("docker", "build", "--tag", image, ".", cwd=project.path, check=False)
    assert result.returncode != 0
    assert "ruff" in result.stderr
    assert docker("image", "inspect", image, check=False).returncode != 0
