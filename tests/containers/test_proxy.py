"""nginx decides who a client is."""

import re
from typing import TYPE_CHECKING

import pytest

from tests.engine import DEFAULT, LOGIN, ME, PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.engine import Stack


pytestmark = [pytest.mark.exhaustive, DEFAULT]


def test_the_configuration_of_nginx_is_accepted(stack: "Stack") -> None:
    stack.exec("nginx", "nginx", "-t", "-q")


def test_plain_http_is_redirected_whatever_the_client_claims(stack: "Stack") -> None:
    for headers in (
        {},
        {"X-Forwarded-Proto": "https"},
        {"X-Forwarded-Proto": "https", "X-Forwarded-For": "127.0.0.1"},
        {"X_Forwarded_Proto": "https"},
        {"Forwarded": "proto=https"},
        {"X-Forwarded-Ssl": "on"},
    ):
        response = stack.plain.send("GET", ME, headers=headers)
        assert response.status == 301, headers
        assert response.headers["Location"].startswith("https://localhost")
    assert stack.plain.send("GET", "/api/health/").status == 200


def test_a_client_cannot_choose_its_address(stack: "Stack") -> None:
    """Else each attempt would count for another client."""
    stack.forget_throttles()
    account = {"email": "nobody@example.com", "password": PASSWORD}
    statuses = [
        stack.send(
            "POST",
            LOGIN,
            account,
            headers={
                "X-Forwarded-For": f"192.0.2.{number}",
                "X-Real-IP": f"192.0.2.{number}",
                "Forwarded": f"for=192.0.2.{number}",
            },
        ).status
        for number in range(12)
    ]
    assert statuses == [401] * 10 + [429] * 2
    stack.forget_throttles()


@pytest.mark.parametrize("host", ["evil.example", "localhost@evil.example", "a b", ""])
def test_other_hosts_are_rejected(stack: "Stack", host: str) -> None:
    response = stack.send("GET", ME, headers={"Host": host})
    assert response.status == 400
    assert response.json["type"] == "client_error"
    assert b"evil" not in response.body
    forwarded = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Port": "1"}
    redirect = stack.send("GET", "/admin", headers=forwarded)
    assert "evil" not in redirect.headers.get("Location", "")


@pytest.mark.parametrize("sent", ["abc-123_X.y", "a" * 64])
def test_a_well_formed_request_id_is_kept(stack: "Stack", sent: str) -> None:
    response = stack.send("GET", ME, headers={"X-Request-ID": sent})
    assert response.headers.get_all("X-Request-ID") == [sent]


@pytest.mark.parametrize(
    "sent",
    [b"a" * 65, b'a"b', b"a b", b"a\tb", b"\xff\xfe", b"a\x01b", b"\x1b[31m", b""],
)
def test_any_other_request_id_is_replaced(stack: "Stack", sent: bytes) -> None:
    answer = stack.send_bytes(
        b"GET /api/v1/auth/me/ HTTP/1.1\r\nHost: localhost\r\n"
        b"X-Request-ID: " + sent + b"\r\nConnection: close\r\n\r\n"
    )
    status, *lines = answer.partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert status.split()[1] in {b"301", b"400"}
    ids = [line for line in lines if line.lower().startswith(b"x-request-id:")]
    assert len(ids) == 1
    assert re.fullmatch(rb"[0-9a-f]{32}", ids[0].partition(b": ")[2])


@pytest.fixture
def balanced(stack: "Stack") -> "Iterator[Stack]":
    """Return the stack, plain http only, with this machine listed as a balancer."""
    configuration = stack.project.path / "nginx" / "nginx.conf"
    original = configuration.read_text()
    listed = original.replace("# 10.0.0.0/8 1;", "0.0.0.0/0 1;")
    listed = listed.replace(
        "# set_real_ip_from 10.0.0.0/8;", "set_real_ip_from 0.0.0.0/0;"
    )
    assert listed.count("0.0.0.0/0") == 2
    configuration.write_text(listed)
    stack.up("--build", "--no-deps", "nginx")
    yield stack.plain
    configuration.write_text(original)
    stack.up("--build", "--no-deps", "nginx")


def test_a_listed_balancer_ends_tls_and_names_the_client(balanced: "Stack") -> None:
    balanced.forget_throttles()
    https = {"X-Forwarded-Proto": "https"}
    assert balanced.send("GET", ME, headers=https).status == 401
    assert balanced.send("GET", ME, headers={"X-Forwarded-Proto": "http"}).status == 301
    statuses = [
        balanced.send(
            "POST",
            LOGIN,
            # Attempts for one account are limited, too.
            {"email": f"nobody-{number}@example.com", "password": PASSWORD},
            headers={**https, "X-Forwarded-For": client},
        ).status
        for number, client in enumerate(("192.0.2.1",) * 11 + ("192.0.2.2",))
    ]
    assert statuses == [401] * 10 + [429, 401]
    balanced.forget_throttles()


def test_health_is_only_for_private_addresses(balanced: "Stack") -> None:
    for client, status in (
        *(("10.1.2.3", 200), ("172.17.0.1", 200), ("192.168.1.1", 200)),
        *(("::1", 200), ("fd00::1", 200), ("2001:db8::1", 403)),
        *(("172.32.0.1", 403), ("192.0.2.1", 403)),
    ):
        for path in ("/api/health/", "/api/health/live/"):
            response = balanced.send("GET", path, headers={"X-Forwarded-For": client})
            assert response.status == status, client
            assert {"status", "type"} & set(response.json)
