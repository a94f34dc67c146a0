"""Attacks by what a request carries: on every endpoint the answer is an envelope."""

import json
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.urls import reverse
from rest_framework.test import APIClient
from rest_framework.throttling import SimpleRateThrottle

from apps.users.models import User
from apps.users.tests.factories import fake_password

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpResponse

pytestmark = pytest.mark.django_db

type Send = Callable[[bytes], HttpResponse]

JSON = "application/json"


@pytest.fixture(params=["register", "login", "change-password", "me", "detail"])
def send(request: pytest.FixtureRequest, admin_client: APIClient, user: User) -> "Send":
    """Send a body to each endpoint that takes one."""
    name: str = request.param
    client = APIClient() if name in {"register", "login"} else admin_client
    client.raise_request_exception = False
    write = client.patch if name in {"me", "detail"} else client.post
    url = (
        reverse("user-detail", kwargs={"pk": user.pk})
        if name == "detail"
        else reverse(name)
    )

    def send_body(body: bytes) -> "HttpResponse":
        return write(url, body, content_type=JSON)

    return send_body


def assert_refused(
    response: "HttpResponse", status: HTTPStatus = HTTPStatus.BAD_REQUEST
) -> None:
    """Check that the client is told that it is its fault, in the envelope."""
    assert response.status_code == status, response.content[:300]
    body = json.loads(response.content)
    assert body.keys() == {"type", "errors"}
    assert all(error.keys() == {"code", "detail", "attr"} for error in body["errors"])
    assert b"Traceback" not in response.content


def test_too_large(send: "Send") -> None:
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0
    body = b'{"name": "' + b"a" * limit + b'"}'

    assert_refused(send(body), HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


FIELDS = ("email", "name", "password", "role", "current_password", "new_password")


def in_every_field(value: str) -> bytes:
    """Make a body that holds a value wherever one can stand."""
    return ("{" + ", ".join(f'"{field}": {value}' for field in FIELDS) + "}").encode()


@pytest.mark.parametrize(("start", "end"), [("[", "]"), ('{"a":', "}")])
def test_deeply_nested(
    send: "Send", monkeypatch: pytest.MonkeyPatch, start: str, end: str
) -> None:
    monkeypatch.setitem(SimpleRateThrottle.THROTTLE_RATES, "login", "9999/minute")
    # Around the depth where Python gives up, which the stack below shifts.
    for depth in (2, 500, *range(900, 1100, 10), 5_000, 50_000):
        value = start * depth + "1" + end * depth

        assert_refused(send(in_every_field(value)))


@pytest.mark.parametrize(
    "value",
    [
        '"a\\u0000b"',
        '"\\ud800"',
        '"\\udfff\\ud800"',
        '{"\\ud800": 1}',
        '["\\ud800"]',
        "NaN",
        "-Infinity",
        "[1e999]",
        "9" * 5000,
        "{}",
        "[[]]",
        '"' + "a" * 10_000 + '"',
    ],
)
def test_values_that_cannot_be_stored(send: "Send", value: str) -> None:
    assert_refused(send(in_every_field(value)))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"1",
        b'"text"',
        b"{",
        b'"',
        b"\xff\xfe{}",
        b"\xef\xbb\xbf{}",
        b'{"name": "\xc3\x28"}',
        b'{"name": "\xed\xa0\x80"}',
        b"\x00",
        b"<?xml version='1.0'?>",
    ],
)
def test_bodies_that_are_no_object(send: "Send", body: bytes) -> None:
    response = send(body)

    # An empty PATCH changes nothing.
    if body or response.status_code != HTTPStatus.OK:
        assert_refused(response)


@pytest.mark.parametrize("charset", ["zlib", "punycode", "idna", "utf-16", "rot13", ""])
def test_charset_is_utf8_whatever_is_claimed(charset: str) -> None:
    body = {"email": "ada@example.com", "name": "Zoë", "password": fake_password()}

    response = APIClient().generic(
        "POST",
        reverse("register"),
        json.dumps(body, ensure_ascii=False),
        f"{JSON}; charset={charset}",
    )

    assert response.status_code == HTTPStatus.CREATED
    assert User.objects.get().name == "Zoë"


@pytest.mark.parametrize(
    "email",
    [
        "a" * 10_000,
        "a" * 9_990 + "@e.example",
        "a@" + "b." * 5_000 + "example",
        # Two letters each in lower case.
        "\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}" * 200 + "@example.com",
        "ada@example.com\nBcc: eve@example.com",
        "ada@example.com\x00",
        '"<script>"@example.com>',
        " ",
    ],
)
@pytest.mark.parametrize("name", ["register", "login"])
def test_email_addresses(name: str, email: str) -> None:
    body = {"email": email, "name": "Ada", "password": fake_password()}

    assert_refused(APIClient().post(reverse(name), body))
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "query",
    [
        "search=%00",
        "role=%00",
        "role=%ed%a0%80",
        "role=" + "a" * 10_000,
        "page=%00",
        "page=0",
        "page=-1",
        "page=" + "9" * 5_000,
        "page=NaN",
        "search=" + "a" * 10_000,
        "cursor=&ordering=" + "name," * 1_000,
    ],
)
def test_queries_that_are_refused(admin_client: APIClient, query: str) -> None:
    response = admin_client.get(f"{reverse('user-list')}?{query}")

    invalid_page = query.startswith("page=")
    assert_refused(
        response, HTTPStatus.NOT_FOUND if invalid_page else HTTPStatus.BAD_REQUEST
    )


@pytest.mark.parametrize(
    "query",
    [
        "search=%ff%fe",
        "search=%25%5F%27%22--",
        "page_size=%00",
        "page_size=" + "9" * 5_000,
        "ordering=%00",
        "ordering=" + "name," * 1_000,
        "%00=%00",
        "search[]=1&search[$ne]=1",
    ],
)
def test_queries_that_do_no_harm(admin_client: APIClient, query: str) -> None:
    response = admin_client.get(f"{reverse('user-list')}?{query}")

    assert response.status_code == HTTPStatus.OK
    assert len(response.json()["results"]) <= 1


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/users/%00/",
        "/api/v1/users/%ff%fe/",
        "/api/v1/users/..%2f..%2fadmin/",
        "/api/v1/users/' OR 1=1 --/",
        "/api/v1/users/" + "a" * 5_000 + "/",
        "/api/v1/auth/me/%00",
        "/api/%0d%0aSet-Cookie:x=1/",
        "/api/health/%00/",
        "/api/",
    ],
)
@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete", "options"])
def test_paths(admin_client: APIClient, method: str, path: str) -> None:
    assert_refused(getattr(admin_client, method)(path), HTTPStatus.NOT_FOUND)


# It warns of memcached, which this project does not use.
@pytest.mark.filterwarnings("ignore::django.core.cache.CacheKeyWarning")
@pytest.mark.parametrize("cookie", ['"abcdefghi\\000"', "a" * 4_000, "%00", "\xff" * 9])
def test_session_cookies(cookie: str) -> None:
    response = APIClient(raise_request_exception=False).get(
        reverse("me"), HTTP_COOKIE=f"sessionid={cookie}"
    )

    # PostgreSQL refuses a null byte; SQLite finds no such session.
    refusals = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED)
    assert response.status_code in refusals
    assert_refused(response, HTTPStatus(response.status_code))
