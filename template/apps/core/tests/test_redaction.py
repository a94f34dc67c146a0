"""Tests of the masking of log lines."""

import base64
import json
import secrets
import time
import urllib.parse
from typing import TYPE_CHECKING

import pytest

from apps.core.redaction import EMAIL_MASK, MASK, mask, redact
from apps.users.tests.factories import fake

if TYPE_CHECKING:
    from collections.abc import Callable

# A quadratic pattern takes minutes.
LIMIT_SECONDS = 5
SIGNED = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"

# Each secret is planted in each shape.
SHAPES: "dict[str, Callable[[str], object]]" = {
    "url": lambda secret: f"connect to postgres://app:{secret}@db:5432/app failed",
    "url without user": lambda secret: f"redis://:{secret}@redis:6379/0",
    "url in a dictionary": lambda secret: {"url": f"https://ci:{secret}@example.com/"},
    "assignment": lambda secret: f"host=db password={secret} dbname=app",
    "single quotes": lambda secret: f"connect(password={secret!r}, timeout=5)",
    "double quotes": lambda secret: f"PASSWORD: {json.dumps(secret)}",
    "setting": lambda secret: f"EMAIL_HOST_PASSWORD={secret}",
    "compound name": lambda secret: f"aws_secret_access_key = {secret}",
    "camel case": lambda secret: f"{{clientSecret: {secret}",
    "json": lambda secret: json.dumps({"id": 1, "new_password": secret, "name": "x"}),
    "json in json": lambda secret: json.dumps(
        {"body": json.dumps({"id": 1, "token": secret})}
    ),
    "refresh": lambda secret: json.dumps({"refresh": secret}),
    "access": lambda secret: f"{{'access': {secret!r}}}",
    "token field": lambda secret: f'"token": "{urllib.parse.quote(secret)}"',
    "form": lambda secret: f"a=1&refresh={urllib.parse.quote_plus(secret)}&b=2",
    "query": lambda secret: f"GET /?token={urllib.parse.quote_plus(secret)} HTTP/1.1",
    "list of a form": lambda secret: f"<QueryDict: {{'password': [{secret!r}, '']}}>",
    "nested": lambda secret: f"credentials={{'a': {{'b': [1, {secret!r}]}}, 'c': 1}}",
    "api_key": lambda secret: f"api_key={secret}",
    "api-key header": lambda secret: f"X-Api-Key: {secret}",
    "apikey": lambda secret: f"apikey: {secret!r}",
    "cookie header": lambda secret: f"Cookie: theme=dark; sessionid={secret}; a=b",
    "set-cookie header": lambda secret: f"set-cookie: id={secret}; Path=/",
    "session cookie": lambda secret: f"sessionid={secret}",
    "csrf cookie": lambda secret: f"csrftoken={secret}",
    "cookies": lambda secret: f"get(url, cookies={{'id': {secret!r}, 'b': 'c'}})",
    "authorization": lambda secret: f"Authorization: Custom {secret}",
    "authorization in capitals": lambda secret: f"AUTHORIZATION=Token {secret}",
    "authorization in META": lambda secret: f"{{'HTTP_AUTHORIZATION': {secret!r}}}",
    "authorization in a scope": lambda secret: f"[(b'authorization', {secret!r})]",
    "digest": lambda secret: f'authorization: Digest a="b", response="{secret}"',
    "truncated": lambda secret: f'{{"password": "{secret}',
    "key": lambda secret: {"data": [{"Authorization": secret}, {"apiKey": secret}]},
    "key with a list": lambda secret: {"Set-Cookie": [secret, {"other": secret}]},
    "pair": lambda secret: {"headers": [(b"cookie", secret.encode()), ("a", "b")]},
    "object": lambda secret: {"error": ValueError(f"token={secret}")},
    "bytes": lambda secret: [f"password={secret}".encode()],
}
# Credentials that only their own form reveals, in the alphabet of tokens.
TOKEN_SHAPES: "dict[str, Callable[[str], object]]" = {
    "bearer": lambda token: f"sent Bearer {token} to the API",
    "bearer in lower case": lambda token: f"bearer {token}",
    "token": lambda token: ["a", f"Token {token}."],
    "quoted token": lambda token: f"Invalid token '{token}'",
    "basic": lambda token: f"Basic {base64.b64encode(token.encode()).decode()}",
    "signed token": lambda token: f"got {SIGNED}{token}",
    "e-mail": lambda token: f"sent to {token.strip('-')}@mail.example.com, again",
    "e-mail in a url": lambda token: f"/?to={token.strip('-')}%40example.com&a=b",
    "key of a dictionary": lambda token: {f"{token}@example.com": 1},
}


@pytest.mark.parametrize("shape", SHAPES)
def test_no_planted_secret_survives(shape: str) -> None:
    for _round in range(50):
        secret = fake.password(length=20, special_chars=False)
        secret = f"{secret[:8]}{fake.random_element('!#$%*+,-./:;=?@^_|~')}{secret[8:]}"

        text = repr(mask(SHAPES[shape](secret)))

        assert secret[:8] not in text
        assert secret[9:] not in text
        assert MASK in text


@pytest.mark.parametrize("shape", TOKEN_SHAPES)
def test_no_planted_token_survives(shape: str) -> None:
    for _round in range(50):
        token = secrets.token_urlsafe(24)

        text = repr(mask(TOKEN_SHAPES[shape](token)))

        assert token.strip("-") not in text
        assert base64.b64encode(token.encode()).decode() not in text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("postgres://app:s3cret@db/app", f"postgres://app:{MASK}@db/app"),
        ("postgres://app:p@ss/word@db", f"postgres://app:{MASK}@db"),
        ("amqp://guest:12345@mq", f"amqp://guest:{MASK}@mq"),
        ("redis://:s3cret@redis", f"redis://:{MASK}@redis"),
        ("password=s3cret user=ada", f"password={MASK} user=ada"),
        ("password='it is' user=ada", f"password='{MASK}' user=ada"),
        (r'{"password": "a\"b", "id": 1}', f'{{"password": "{MASK}", "id": 1}}'),
        ('{"access": "a", "id": 1}', f'{{"access": "{MASK}", "id": 1}}'),
        ("?a=1&token=s3cret&b=2", f"?a=1&token={MASK}&b=2"),
        ("{'tokens': ['a', 'b]'], 'id': 1}", f"{{'tokens': {MASK}, 'id': 1}}"),
        ("Cookie: a=b; c=d\nHost: x", f"Cookie: {MASK}\nHost: x"),
        ("Authorization: Token x\nHost: x", f"Authorization: {MASK}\nHost: x"),
        ("Basic dXNlcjpwYXNz sent", f"Basic {MASK} sent"),
        (f"got {SIGNED}, again", f"got {MASK}, again"),
        ("Key (email)=(ada@example.com)", f"Key (email)=({EMAIL_MASK})"),
    ],
)
def test_only_the_secret_is_masked(text: str, masked: str) -> None:
    assert mask(text) == masked
    assert mask(masked) == masked


@pytest.mark.parametrize(
    "text",
    [
        "GET /api/v1/auth/password/reset/?page=2&sort=-created_at HTTP/1.1",
        "http://localhost:8000/api/docs/",
        "https://example.com:8443/@ada",
        "postgres://app@127.0.0.1:5432/app",
        "Key (id)=(5) already exists.",
        "This password is too common.",
        "Token authentication failed.",
        "Invalid token.",
        "Bearer re-authentication is required",
        "Basic settings: saved",
        "Authorization header missing",
        "Forbidden (CSRF token missing.): /admin/",
        "Forbidden (CSRF cookie not set.): /admin/",
        "access: denied for 10.0.0.1",
        "cache refresh took 5 ms: ok",
        "sort key=name",
        "2026-01-31T10:00:00.123456Z",
        "0191b2c3-4d5e-4f60-8a7b-9c0d1e2f3a4b",
        "root@localhost",
    ],
)
def test_harmless_text_is_unchanged(text: str) -> None:
    assert mask(text) == text
    assert redact(None, "", {"event": text, "a": [text]}) == {
        "event": text,
        "a": [text],
    }


def test_values_of_sensitive_keys_are_masked() -> None:
    line = {"event": "x", "Api-Key": 5, "password": "x", "token": None, "access": True}

    assert redact(None, "", line) == {
        "event": "x",
        "Api-Key": MASK,
        "password": MASK,
        "token": None,
        "access": True,
    }


@pytest.mark.parametrize(
    "unit",
    [
        *("a", "a@", "a.", "a%40", "a.a@a.", "://", "://a:", "://a:1@", "eyJ", "eyJa."),
        *("password", "password=", "password='", 'password="a\\', "password=[['"),
        *('password:\\"', "password\\", "secret-", "token ", "token a-", "token  \n"),
        *("refresh=", '"refresh":\'', "authorization:'", "cookie={(", "api ", "{\"'"),
    ],
)
def test_hostile_text_takes_linear_time(unit: str) -> None:
    for text in (unit * (100_000 // len(unit)), f"@ token=['{unit * 20_000}"):
        started = time.process_time()

        mask(text)

        assert time.process_time() - started < LIMIT_SECONDS
