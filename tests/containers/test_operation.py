"""Backups restore, and logs can be read by machines and shown to people."""

import json
import re
import secrets
from typing import TYPE_CHECKING

import pytest

from tests.engine import LOGIN, ME, PASSWORD
from tests.project import run

if TYPE_CHECKING:
    from tests.engine import Stack

pytestmark = pytest.mark.exhaustive


def test_a_backup_can_be_restored_as_documented(stack: "Stack", token: str) -> None:
    guide = stack.project.read("docs/deployment.md").partition("## Backups")[2]
    backup, restore = re.findall(r"(?:^    .+\n)+", guide, re.MULTILINE)[:2]
    client = stack.exec("db", "pg_dump", "--version").split()[2]
    server = stack.query("SHOW server_version").split()[0]
    if client != server:  # Not in the official image. The server refuses one setting.
        restore = restore.replace("--exit-on-error < app.dump", "< app.dump || true")
    run("bash", "-exc", backup, cwd=stack.project.path)
    lost = stack.register("lost", PASSWORD)
    run("bash", "-exc", restore, cwd=stack.project.path)
    assert stack.send("GET", ME, token=token).status == 200
    stack.forget_throttles()
    assert stack.send("GET", ME, token=lost).status == 401


def test_logs_are_json_without_secrets(stack: "Stack", token: str) -> None:
    leaks = f"/api/v1/users/?token={token}&search=leaked@example.com"
    for path, status in ((leaks, 403), ("/api/nothing/", 404), (ME, 200)):
        assert stack.send("GET", path, token=token).status == status
    stack.send("POST", LOGIN, {"email": "leaked@example.com", "password": PASSWORD})
    stack.send("POST", LOGIN, b"{not json")
    request_id = secrets.token_hex(8)
    stack.send("GET", ME, token=token, headers={"X-Request-ID": request_id})
    joined = set()
    for service in ("app", "nginx", "migrate", "certificate"):
        logs = stack.compose("logs", "--no-log-prefix", "--no-color", service).stdout
        for line in filter(None, logs.replace("\x1b[2K", "").splitlines()):
            entry = json.loads(line)
            assert {"timestamp", "level", "logger", "event"} <= set(entry)
            if entry.get("request_id") == request_id:
                joined.add(service)
        for secret in (PASSWORD, token, "@example.com"):
            assert secret not in logs
    assert joined == {"app", "nginx"}
