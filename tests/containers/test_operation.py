"""Backups restore, and logs can be read by machines and shown to people."""

import json
import re
import secrets
from typing import TYPE_CHECKING

import pytest

from tests.engine import DEFAULT, EVERYTHING, LOGIN, ME, PASSWORD, check_logs, docker
from tests.project import run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine import Stack

pytestmark = pytest.mark.exhaustive


@EVERYTHING
def test_a_backup_can_be_restored_as_documented(stack: "Stack", token: str) -> None:
    guide = stack.project.read("docs/deployment.md").partition("## Backups")[2]
    backup, check, restore = re.findall(r"(?:^    .+\n)+", guide, re.MULTILINE)[:3]
    client = stack.exec("db", "pg_dump", "--version").split()[2]
    server = stack.query("SHOW server_version").split()[0]
    if client != server:  # Not in the official image. The server rejects one setting.
        restore = restore.replace("--exit-on-error < app.dump", "< app.dump || true")
    run("bash", "-exc", backup, cwd=stack.project.path)
    lost = stack.register("lost", PASSWORD)
    run("bash", "-exc", restore, cwd=stack.project.path)
    run("bash", "-exc", check, cwd=stack.project.path)
    assert stack.send("GET", ME, token=token).status == 200
    stack.forget_throttles()
    assert stack.send("GET", ME, token=lost).status == 401


@EVERYTHING
def test_secrets_can_be_files(stack: "Stack", token: str, tmp_path: "Path") -> None:
    before = stack.project.read(".env")
    private = stack.secrets()
    for name in ("POSTGRES_PASSWORD", "REDIS_PASSWORD"):
        del private[name]  # Compose needs these in `.env`.
    folder = tmp_path / "secrets"
    folder.mkdir()
    folder.chmod(0o755)
    for name, value in private.items():
        (folder / name.lower()).write_text(f"{value}\n")
    stack.configure({**dict.fromkeys(private, ""), "SECRETS_DIR": folder})
    try:
        stack.up()
        for service in ("app", *stack.tasks):
            (container,) = stack.containers(service)
            shown = docker("inspect", container).stdout
            assert not [name for name, value in private.items() if value in shown]
        assert stack.send("GET", ME, token=token).status == 200
    finally:
        (stack.project.path / ".env").write_text(before)
        stack.up()


def test_logs_are_json_without_secrets(stack: "Stack", token: str) -> None:
    leaks = f"/api/v1/users/?token={token}&search=leaked@example.com"
    for path, status in ((leaks, 403), ("/api/nothing/", 404), (ME, 200)):
        assert stack.send("GET", path, token=token).status == status
    stack.send("POST", LOGIN, {"email": "leaked@example.com", "password": PASSWORD})
    stack.send("POST", LOGIN, b"{not json")
    request_id = secrets.token_hex(8)
    stack.send("GET", ME, token=token, headers={"X-Request-ID": request_id})
    entries = check_logs(stack)
    joined = {
        service
        for service, lines in entries.items()
        if any(line.get("request_id") == request_id for line in lines)
    }
    assert joined == {"app", "nginx"}
    assert all(entries[service] for service in stack.tasks)
    assert token not in json.dumps(entries)


@DEFAULT
def test_redis_answers_only_with_its_password(stack: "Stack") -> None:
    password = stack.secrets()["REDIS_PASSWORD"]
    for given in ("", "wrong"):
        ping = f"REDISCLI_AUTH={given} redis-cli -e get key"
        denied = stack.compose(
            *("exec", "--no-TTY", "redis", "sh", "-c", ping), check=False
        )
        assert denied.returncode
        assert "NOAUTH" in denied.stdout + denied.stderr
    (container,) = stack.containers("redis")
    assert "redis-server" in (processes := docker("top", container).stdout)
    assert password not in processes
