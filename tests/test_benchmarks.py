"""The benchmarks run, and say in one line what they miss."""

import json
import os
import sys
from typing import TYPE_CHECKING

import pytest

from benchmarks import floods
from tests.processes import require
from tests.project import REPOSITORY, run
from tests.server import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from tests.project import Result

SERVICES = ("DJANGO_ARCH_TEST_DATABASE_URL", "DJANGO_ARCH_TEST_REDIS_URL")


def benchmark(*arguments: "str | Path", check: bool = True) -> "Result":
    script = REPOSITORY / "benchmarks" / "run.py"
    return run(sys.executable, script, *arguments, check=check)


def require_services() -> None:
    require("wrk")
    for name in SERVICES:
        if not os.environ.get(name):
            pytest.skip(f"needs services: set {name}")


def test_help_names_every_subject() -> None:
    text = benchmark("--help").stdout
    for subject in ("requests", "price", "start", "copy", "growth"):
        assert f"\n{subject} " in text


@pytest.mark.parametrize(
    ("option", "scheme"),
    [
        ("--database-url", "postgres"),
        ("--redis-url", "redis"),
    ],
)
def test_a_missing_service_is_one_line(option: str, scheme: str) -> None:
    url = f"{scheme}://127.0.0.1:{free_port()}/0"
    result = benchmark("requests", option, url, check=False)
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1
    assert "Traceback" not in result.stderr


def test_floods_need_docker_and_say_so_in_one_line() -> None:
    module = (sys.executable, "-m", "benchmarks.floods")
    text = run(*module, "--help", cwd=REPOSITORY).stdout
    assert all(kind in " ".join(text.split()) for kind in floods.KINDS)
    missing = {"DOCKER_HOST": f"tcp://127.0.0.1:{free_port()}"}
    result = run(*module, cwd=REPOSITORY, check=False, env=missing)
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.exhaustive
def test_requests_are_measured_side_by_side(tmp_path: "Path") -> None:
    require_services()
    asked = ("requests", "--quick", "--endpoints", "live,me")
    benchmark(*asked, "--results", tmp_path)
    results = json.loads((tmp_path / "results.json").read_text())
    competitors = {row["competitor"] for row in results["requests"]["rows"]}
    assert competitors == {"default", "everything", "wsgi", "asgi", "bare"}
    table = (tmp_path / "results.md").read_text()
    assert "| `me` | rendered, default (token) |" in table
    assert "| all of them |" in table
    assert (tmp_path / "ratios.svg").read_text().startswith("<svg")


@pytest.mark.exhaustive
def test_growth_is_measured(tmp_path: "Path") -> None:
    require_services()
    benchmark("growth", "--quick", "--results", tmp_path)
    growth = json.loads((tmp_path / "results.json").read_text())["growth"]
    assert set(growth["pages"]) == {"100", "10000"}
    assert set(growth["websockets"]) == {"10", "100"}
    assert all(row["p50_ms"] > 0 for row in growth["websockets"].values())
    assert growth["tasks"]
