"""The running API keeps to its OpenAPI document, and clients can be made from it."""

import os
import re
import sys
from typing import TYPE_CHECKING

import pytest

from tests.deployment import deployed
from tests.project import run, tool

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.deployment import Deployment
    from tests.project import Project

LOGOUT = "/api/v1/auth/logout/"
# Neither is a promise: REST framework reads 0 as "0" and ignores a page_size that is not a
# number, and a schema cannot say which passwords are weak or wrong.
EXCLUDED = "negative_data_rejection,positive_data_acceptance"

# Runs next to the generated package, which a type checker cannot see from here.
CLIENT = """
import sys

from client import AuthenticatedClient, Client
from client.api.auth import auth_login_create, auth_me_retrieve, auth_register_create
from client.api.users import users_list
from client.models import AuthTokens, ErrorResponse, LoginRequest, RegisterRequest

url, scheme, admin = sys.argv[1:]
headers = {"X-Forwarded-Proto": "https"}
anonymous = Client(base_url=url, headers=headers, raise_on_unexpected_status=True)


def signed_in(token):
    return AuthenticatedClient(
        base_url=url, headers=headers, token=token, prefix=scheme,
        raise_on_unexpected_status=True,
    )


for number in range(25):
    password = f"correct-horse-{number}"
    ada = RegisterRequest(f"ada{number}@example.com", "Ada", password)
    user = auth_register_create.sync(client=anonymous, body=ada)
    assert user.email == ada.email, user
login = LoginRequest(ada.email, password)
tokens = auth_login_create.sync(client=anonymous, body=login)
assert isinstance(tokens, AuthTokens), tokens
token = getattr(tokens, "access", None) or tokens.token
assert auth_me_retrieve.sync(client=signed_in(token)).id == user.id

wrong = auth_login_create.sync(client=anonymous, body=LoginRequest(ada.email, "x"))
assert isinstance(wrong, ErrorResponse), wrong
assert wrong.errors[0].code == "authentication_failed"
weak = RegisterRequest("b@example.com", "B", "password")
rejected = auth_register_create.sync(client=anonymous, body=weak)
assert [error.attr for error in rejected.errors] == ["password"]
forbidden = users_list.sync(client=signed_in(token))
assert isinstance(forbidden, ErrorResponse), forbidden

seen, page = set(), 1
while page:
    listed = users_list.sync(client=signed_in(admin), page=page, page_size=10)
    seen |= {row.email for row in listed.results}
    page = page + 1 if listed.next_ else None
assert {f"ada{number}@example.com" for number in range(25)} < seen
assert len(seen) == listed.count
missing = users_list.sync(client=signed_in(admin), page=99)
assert isinstance(missing, ErrorResponse), missing
"""


def schemathesis(running: "Deployment", authorization: str, *options: str) -> int:
    """Test the API with generated requests; return how many were sent."""
    result = run(
        *(tool("schemathesis"), "--config-file", os.devnull, "run"),
        *(f"{running.api.url}/api/schema/", "--url", running.api.url),
        *("--header", f"Authorization: {authorization}"),
        *("--header", "X-Forwarded-Proto: https"),
        *("--exclude-checks", EXCLUDED, "--generation-database", "none"),
        *("--request-timeout", "30", "--no-color", *options),
        cwd=running.log.parent,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    generated = re.search(r"(\d+) generated", result.stdout)
    assert generated, result.stdout
    return int(generated[1])


@pytest.mark.exhaustive
@pytest.mark.parametrize("use_jwt", [False, True], ids=["token", "jwt"])
def test_generated_requests_get_documented_answers(
    render: "Callable[..., Project]", tmp_path: "Path", *, use_jwt: bool
) -> None:
    with deployed(render, tmp_path, use_jwt=use_jwt) as running:
        sent = 0
        for authorization in (running.admin(), running.register()):
            options = ("--max-examples", "100")
            # It would end the session of all further requests.
            sent += schemathesis(
                running, authorization, *options, "--exclude-path", LOGOUT
            )
            sent += schemathesis(
                running, authorization, *options, "--include-path", LOGOUT
            )
    assert sent >= 2000
    log = running.log.read_text()
    assert "Traceback" not in log
    assert "@" not in log.replace("[email]", "")


@pytest.mark.exhaustive
@pytest.mark.parametrize("use_jwt", [False, True], ids=["token", "jwt"])
def test_a_generated_client_registers_logs_in_and_pages(
    render: "Callable[..., Project]", tmp_path: "Path", *, use_jwt: bool
) -> None:
    with deployed(render, tmp_path, use_jwt=use_jwt) as running:
        document = tmp_path / "openapi.yml"
        running.project.manage("spectacular", "--file", document, env=running.env)
        scripts = tool("ruff").parent
        run(
            *(tool("openapi-python-client"), "generate", "--path", document),
            *("--meta", "none", "--output-path", "client", "--fail-on-warning"),
            cwd=tmp_path,
            # It formats what it writes.
            env={"PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}"},
        )
        scheme, _, token = running.admin().partition(" ")
        (tmp_path / "use_client.py").write_text(CLIENT)
        run(
            *(sys.executable, "use_client.py", running.api.url, scheme, token),
            cwd=tmp_path,
        )
