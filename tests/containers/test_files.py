"""The container files pass the checks that need no engine."""

import json
import re
import shutil
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.project import run, tool

if TYPE_CHECKING:
    from pathlib import Path

    from tests.project import Project


def test_the_dockerfile_is_clean(built: "Project") -> None:
    run(tool("hadolint"), "Dockerfile", cwd=built.path)


def test_the_nginx_configuration_is_safe(built: "Project") -> None:
    result = run(tool("gixy"), "nginx/nginx.conf", cwd=built.path, check=False)
    assert result.returncode == 0, result.stdout
    assert "No issues found" in result.stdout


def test_the_compose_file_follows_the_specification(built: "Project") -> None:
    schema = ("--builtin-schema", "vendor.compose-spec")
    run(tool("check-jsonschema"), *schema, "docker-compose.yml", cwd=built.path)


def test_compose_reads_its_file(built: "Project") -> None:
    if (
        shutil.which("docker") is None
        or run("docker", "compose", "version", check=False).returncode
    ):
        pytest.skip("needs Docker's compose plugin")
    built.run("docker", "compose", "config", "--quiet")


def test_the_ignore_file_has_every_line_of_the_architecture(built: "Project") -> None:
    lines = built.read(".dockerignore").splitlines()
    assert set(lines) >= {
        *(".git", ".gitignore", ".venv", "venv", ".env", "*.md", "*.log"),
        *(".pytest_cache", ".ruff_cache", ".mypy_cache", "__pycache__", "*.pyc"),
        *(".idea", ".vscode", "docker-compose*.yml", ".dockerignore", "Dockerfile"),
        *("tests/", "docs/", "*.sqlite3"),
    }


def test_nginx_accepts_no_body_that_django_rejects(built: "Project") -> None:
    (limit,) = re.findall(
        r"client_max_body_size (\d+)k;", built.read("nginx/nginx.conf")
    )
    # Django's default of DATA_UPLOAD_MAX_MEMORY_SIZE.
    assert int(limit) * 1024 == 2_621_440


def test_the_password_of_redis_is_not_an_argument(built: "Project") -> None:
    services = yaml.safe_load(built.read("docker-compose.yml"))["services"]
    assert "${REDIS_PASSWORD" not in str(services["redis"]["command"])
    assert services["redis"]["environment"]["REDISCLI_AUTH"] == "${REDIS_PASSWORD}"
    assert ":${REDIS_PASSWORD:?" in services["app"]["environment"]["REDIS_URL"]


@pytest.mark.parametrize(
    ("line", "event"),
    [
        ("*1 upstream timed out, client: ::1, request: x", "*1 upstream timed out"),
        ('*1 zone "a" is "b"', "*1 zone 'a' is 'b'"),
        ("*1 a \\ b", "*1 a "),
        ("*1 caf\u00e9 au lait", "*1 caf"),
        ("*1 tab\there", "*1 tab"),
        ("*1 [a] (b) {c} $(d) `e` %s !", "*1 [a] (b) {c} $(d) `e` %s !"),
    ],
)
def test_the_error_log_of_nginx_becomes_json(
    built: "Project", tmp_path: "Path", line: str, event: str
) -> None:
    script = built.read("nginx/start.sh").partition("\nmkfifo")[0] + "\nprint_json\n"
    (tmp_path / "print.sh").write_text(script)
    (tmp_path / "log").write_text(f"2026/01/31 23:59:59 [warn] 7#7: {line}\n")
    result = run("sh", "-c", "sh print.sh <log", cwd=tmp_path)
    assert json.loads(result.stdout) == {
        "timestamp": "2026-01-31T23:59:59Z",
        "level": "warn",
        "logger": "nginx.error",
        "event": event,
    }
