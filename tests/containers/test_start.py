"""Each render starts in containers as documented, and serves."""

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.engine import HEALTHY, ME, PASSWORD, docker
from tests.processes import require
from tests.project import run

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine import Stack


pytestmark = pytest.mark.exhaustive


def test_everything_is_up(stack: "Stack") -> None:
    listed = stack.compose("ps", "--all", "--format", "json").stdout
    states = {
        service["Service"]: (service["State"], service["Health"], service["ExitCode"])
        for service in map(json.loads, listed.splitlines())
    }
    running = ("running", "healthy", 0)
    done = ("exited", "", 0)
    assert states == {
        **dict.fromkeys(("app", "db", "redis", "nginx", *stack.tasks), running),
        **dict.fromkeys(("migrate", "certificate"), done),
    }


def test_a_round_trip_through_nginx(stack: "Stack") -> None:
    stack.forget_throttles()
    assert stack.health() == (200, HEALTHY)
    assert stack.send("GET", "/api/health/live/").status == 200
    rejected = stack.send("GET", ME)
    assert rejected.status == 401
    assert rejected.headers["WWW-Authenticate"].startswith(stack.scheme)
    token = stack.register("ada", PASSWORD)
    me = stack.send("GET", ME, token=token)
    assert (me.status, me.json["email"]) == (200, "ada@example.com")
    assert stack.send("GET", "/api/v1/users/", token=token).status == 403
    assert stack.send("POST", "/api/v1/auth/logout/", token=token).status == 204
    assert stack.send("GET", ME, token=token).status == 401


def test_the_admin_and_the_documentation_come_with_their_assets(stack: "Stack") -> None:
    for page in ("/admin/login/", "/api/docs/", "/api/redoc/"):
        response = stack.send("GET", page)
        assert response.status == 200
        assets = re.findall(r'(?:src|href)="(/static/[^"]+)"', response.body.decode())
        assert assets
        for asset in assets:
            served = stack.send("GET", asset)
            assert (served.status, bool(served.body)) == (200, True), asset
            assert served.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("page", "rendered", "asset"),
    [
        ("/api/docs/", "operations-auth-auth_login_create", "swagger-ui-bundle.js"),
        ("/admin/login/", 'id="login-form"', "admin/css/login.css"),
    ],
)
def test_a_browser_shows_the_page_without_leaving_the_host(
    stack: "Stack", tmp_path: "Path", page: str, rendered: str, asset: str
) -> None:
    require("chromium")
    site = f"https://localhost:{stack.https}"
    result = run(
        *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"),
        *("--no-first-run", "--disable-background-networking", "--disable-sync"),
        *("--disable-component-update", "--ignore-certificate-errors"),
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost",
        *(f"--user-data-dir={tmp_path / 'profile'}", "--enable-logging=stderr"),
        *(f"--log-net-log={tmp_path / 'requests'}", "--virtual-time-budget=20000"),
        *("--dump-dom", f"{site}{page}"),
    )
    assert rendered in result.stdout
    # What the content security policy has blocked, and every other error of the page.
    assert "CONSOLE" not in result.stderr, result.stderr
    sent = [
        event["params"]
        for event in json.loads((tmp_path / "requests").read_text())["events"]
        if "url" in event.get("params", {})
    ]
    # The browser also asks for things of its own, which have no initiator.
    of_page = [one["url"] for one in sent if one.get("initiator") == site]
    assert any(url.endswith(asset) for url in of_page)
    assert [url for url in of_page if not url.startswith(f"{site}/")] == []


def test_a_superuser_is_made_with_the_manage_service(stack: "Stack") -> None:
    stack.forget_throttles()
    variables = {"EMAIL": "root@example.com", "NAME": "Root", "PASSWORD": PASSWORD}
    options = [f"-eDJANGO_SUPERUSER_{key}={value}" for key, value in variables.items()]
    stack.compose("run", "--rm", *options, "manage", "createsuperuser", "--noinput")
    token = stack.login("root@example.com", PASSWORD)
    assert stack.send("GET", "/api/v1/users/", token=token).status == 200


def test_the_certificate_survives_a_restart(stack: "Stack") -> None:
    before = stack.exec("nginx", "cat", "/etc/nginx/tls/tls.crt")
    stack.compose("up", "--detach", "certificate")
    stack.compose("wait", "certificate", check=False)
    assert stack.exec("nginx", "cat", "/etc/nginx/tls/tls.crt") == before


def test_missing_settings_are_one_message(stack: "Stack") -> None:
    result = docker("run", "--rm", stack.name, check=False)
    assert result.returncode != 0
    assert "Traceback" not in result.stdout + result.stderr
    for name in ("SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "REDIS_URL"):
        assert f"  {name}: is missing" in result.stderr
