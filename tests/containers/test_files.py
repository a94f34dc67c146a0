"""The container files pass the checks that need no engine."""

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.project import run, tool

if TYPE_CHECKING:
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
