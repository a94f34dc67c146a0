"""Tests that malformed and hostile requests are rejected, never server errors."""

import json
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.urls import reverse

from apps.users.models import User
from apps.users.tests.factories import fake_password
from tests.client import APITestClient

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpResponse

pytestmark = pytest.mark.django_db

type Send = Callable[[bytes], HttpResponse]

JSON = "application/json"


@pytest.fixture(params=["register", "login", "change-password", "me", "detail"])
def send(
    request: pytest.FixtureRequest, admin_client: APITestClient, user: User
) -> "Send":
    """Return a function that sends a body, for each endpoint that takes one."""
    name: str = request.param
    client = APITestClient() if name in {"register", "login"} else admin_client
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


def assert_rejected(
    response: "HttpResponse", status: HTTPStatus = HTTPStatus.BAD_REQUEST
) -> None:
    """Check that the response is an error with this status and the documented shape."""
    assert response.status_code == status, response.content[:300]
    body = json.loads(response.content)
    assert body.keys() == {"type", "errors"}
    assert all(error.keys() == {"code", "detail", "attr"} for error in body["errors"])
    assert b"Traceback" not in response.content


def test_too_large_body_is_rejected(send: "Send") -> None:
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0
    body = b'{"name": "' + b"a" * limit + b'"}'

    assert_rejected(send(body), HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


FIELDS = ("email", "name", "password", "role", "current_password", "new_password")


def in_every_field(value: str) -> bytes:
    """Return a body with the same value in every field."""
    return ("{" + ", ".join(f'"{field}": {value}' for field in FIELDS) + "}").encode()


@pytest.mark.usefixtures("unthrottled")
@pytest.mark.parametrize(("start", "end"), [("[", "]"), ('{"a":', "}")])
def test_deeply_nested_value_is_rejected(send: "Send", start: str, end: str) -> None:
    # Many depths around Python's recursion limit, as the test adds to the stack.
    for depth in (2, 500, *range(900, 1100, 10), 5_000, 50_000):
        value = start * depth + "1" + end * depth

        assert_rejected(send(in_every_field(value)))


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
def test_value_that_cannot_be_stored_is_rejected(send: "Send", value: str) -> None:
    assert_rejected(send(in_every_field(value)))


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
def test_body_that_is_not_an_object_is_rejected(send: "Send", body: bytes) -> None:
    response = send(body)

    # An empty PATCH is valid and changes nothing.
    if body or response.status_code != HTTPStatus.OK:
        assert_rejected(response)


@pytest.mark.parametrize("charset", ["zlib", "punycode", "idna", "utf-16", "rot13", ""])
def test_charset_is_always_utf8(charset: str) -> None:
    body = {"email": "ada@example.com", "name": "Zoë", "password": fake_password()}

    APITestClient().post(
        reverse("register"),
        json.dumps(body, ensure_ascii=False),
        content_type=f"{JSON}; charset={charset}",
        expected_status=HTTPStatus.CREATED,
    )

    assert User.objects.get().name == "Zoë"


@pytest.mark.parametrize(
    "email",
    [
        "a" * 10_000,
        "a" * 9_990 + "@e.example",
        "a@" + "b." * 5_000 + "example",
        # Each letter becomes two letters in lower case.
        "\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}" * 200 + "@example.com",
        "ada@example.com\nBcc: eve@example.com",
        "ada@example.com\x00",
        '"<script>"@example.com>',
        " ",
    ],
)
@pytest.mark.parametrize("name", ["register", "login"])
def test_invalid_email_address_is_rejected(name: str, email: str) -> None:
    body = {"email": email, "name": "Ada", "password": fake_password()}

    assert_rejected(APITestClient().post(reverse(name), body))
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
def test_invalid_query_is_rejected(admin_client: APITestClient, query: str) -> None:
    is_page = query.startswith("page=")
    status = HTTPStatus.NOT_FOUND if is_page else HTTPStatus.BAD_REQUEST

    assert_rejected(admin_client.get(f"{reverse('user-list')}?{query}"), status)


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
def test_unusual_query_is_harmless(admin_client: APITestClient, query: str) -> None:
    url = f"{reverse('user-list')}?{query}"

    response = admin_client.get(url, expected_status=HTTPStatus.OK)

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
def test_unknown_path_is_not_found(
    admin_client: APITestClient, method: str, path: str
) -> None:
    assert_rejected(getattr(admin_client, method)(path), HTTPStatus.NOT_FOUND)


# The warning is about memcached, which this project does not use.
@pytest.mark.filterwarnings("ignore::django.core.cache.CacheKeyWarning")
@pytest.mark.parametrize("cookie", ['"abcdefghi\\000"', "a" * 4_000, "%00", "\xff" * 9])
def test_malformed_session_cookie_is_rejected(cookie: str) -> None:
    response = APITestClient(raise_request_exception=False).get(
        reverse("me"), HTTP_COOKIE=f"sessionid={cookie}"
    )

    # PostgreSQL rejects a null byte; SQLite does not find the session.
    expected = (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED)
    assert response.status_code in expected
    assert_rejected(response, HTTPStatus(response.status_code))
