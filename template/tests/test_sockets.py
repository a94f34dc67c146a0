"""Tests of who may open a socket, how long it lives, and what is refused in it."""

import logging
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from channels.layers import channel_layers
from django.conf import settings
from django.urls import reverse
from redis.exceptions import ConnectionError as RedisConnectionError

from apps.core import consumers, sockets
from apps.core.consumers import SignedInConsumer
from apps.core.socketlog import MALFORMED, SocketFilter
from apps.users import services
from apps.users.models import AuthSession, User
from tests.sockets import Socket

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from django.test import Client

type Commit = Callable[..., AbstractContextManager[object]]

UNAUTHENTICATED = 4401
FOREIGN = 4403
UNKNOWN = 4404
TOO_MANY = 4429

# Channels closes the connection after each call, and a transaction with it.
pytestmark = pytest.mark.django_db(transaction=True)


def token_of(user: User) -> str:
    """Start a session and return the token that its holder sends."""
    return str(next(iter(services.start_session(user=user).values())))


def log_in(client: "Client", user: User) -> str:
    """Log in as a browser does and return the cookie it sends."""
    client.force_login(user)
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    return f"{settings.SESSION_COOKIE_NAME}={key}"


def room() -> str:
    """Name a room that no other test uses."""
    return f"/ws/chat/test-{uuid.uuid4().hex}/"


def refusal(socket: Socket) -> int:
    """Open a socket that is refused and return the code."""

    async def scenario() -> int:
        return await (await socket.open()).closed()

    return async_to_sync(scenario)()


class TestOpening:
    def test_takes_a_token_and_does_not_send_it_back(self, user: User) -> None:
        async def scenario() -> str | None:
            token = await sync_to_async(token_of)(user)
            socket = await Socket(room(), token=token).open()
            assert await socket.is_silent()
            await socket.leave()
            return socket.subprotocol

        assert async_to_sync(scenario)() == "bearer"

    def test_takes_the_cookie_of_a_session(self, user: User, client: "Client") -> None:
        cookie = log_in(client, user)

        async def scenario() -> bool:
            socket = await Socket(room(), cookie=cookie).open()
            silent = await socket.is_silent()
            await socket.leave()
            return silent

        assert async_to_sync(scenario)()

    @pytest.mark.parametrize("token", ["", "made-up", "a.b.c"])
    def test_refuses_who_did_not_sign_in(self, token: str) -> None:
        assert refusal(Socket(room(), token=token)) == UNAUTHENTICATED

    def test_refuses_a_token_that_has_expired(self, user: User) -> None:
        token = token_of(user)
        AuthSession.objects.all().delete()

        assert refusal(Socket(room(), token=token)) == UNAUTHENTICATED

    def test_does_not_read_a_token_from_the_url(self, user: User) -> None:
        token = token_of(user)

        assert refusal(Socket(f"{room()}?token={token}")) == UNKNOWN

    def test_does_not_fall_back_on_the_cookie(
        self, user: User, client: "Client"
    ) -> None:
        client.force_login(user)
        key = client.cookies[settings.SESSION_COOKIE_NAME].value
        cookie = f"{settings.SESSION_COOKIE_NAME}={key}"

        code = refusal(Socket(room(), token=uuid.uuid4().hex, cookie=cookie))

        assert code == UNAUTHENTICATED

    @pytest.mark.parametrize(
        "origin",
        ["", "https://evil.example", "null", "http://[", "http://localhost.evil:99999"],
    )
    def test_refuses_foreign_origins(self, user: User, origin: str) -> None:
        token = token_of(user)

        assert refusal(Socket(room(), token=token, origin=origin)) == FOREIGN

    @pytest.mark.parametrize("path", ["/", "/ws/", "/ws/chat/", "/ws/chat/a/b/"])
    def test_refuses_unknown_paths(self, path: str) -> None:
        assert refusal(Socket(path)) == UNKNOWN


class TestLife:
    @pytest.mark.parametrize("how", ["deactivate", "change_password", "logout"])
    def test_ends_with_the_session(
        self,
        user: User,
        admin: User,
        django_capture_on_commit_callbacks: "Commit",
        how: str,
    ) -> None:
        password = str(uuid.uuid4())
        user.set_password(password)
        user.save()

        def end() -> None:
            with django_capture_on_commit_callbacks(execute=True):
                if how == "deactivate":
                    services.deactivate(user=user, actor=admin)
                elif how == "logout":
                    services.logout(session=AuthSession.objects.get(user=user))
                else:
                    services.change_password(
                        user=user,
                        current_password=password,
                        new_password=str(uuid.uuid4()),
                    )

        async def scenario() -> int:
            token = await sync_to_async(token_of)(user)
            socket = await Socket(room(), token=token).open()
            assert await socket.is_silent()
            await sync_to_async(end)()
            return await socket.closed()

        assert async_to_sync(scenario)() == UNAUTHENTICATED

    @pytest.mark.parametrize("how", ["new password", "end of the session", "logout"])
    def test_ends_with_what_the_administration_does(
        self, user: User, client: "Client", how: str
    ) -> None:
        cookie = log_in(client, User.objects.create_superuser("root@example.com"))

        def end() -> None:
            password = str(uuid.uuid4())
            form = {"password1": password, "password2": password, "post": "yes"}
            if how == "new password":
                view, key = "admin:auth_user_password_change", user.pk
            elif how == "end of the session":
                session = AuthSession.objects.get(user=user)
                view, key = "admin:users_authsession_delete", session.pk
            else:
                view, key = "admin:logout", None
            client.post(reverse(view, args=[key] if key else []), form)

        async def scenario() -> int:
            opener = {"token": await sync_to_async(token_of)(user)}
            if how == "logout":
                opener = {"cookie": cookie}
            socket = await Socket(room(), **opener).open()
            assert await socket.is_silent()
            await sync_to_async(end)()
            return await socket.closed()

        assert async_to_sync(scenario)() == UNAUTHENTICATED

    def test_goes_on_when_another_session_ends(
        self, user: User, django_capture_on_commit_callbacks: "Commit"
    ) -> None:
        def end() -> None:
            with django_capture_on_commit_callbacks(execute=True):
                services.logout(session=AuthSession.objects.latest("created_at"))

        async def scenario() -> bool:
            token = await sync_to_async(token_of)(user)
            await sync_to_async(token_of)(user)
            socket = await Socket(room(), token=token).open()
            await sync_to_async(end)()
            silent = await socket.is_silent()
            await socket.leave()
            return silent

        assert async_to_sync(scenario)()

    def test_ends_when_the_session_ends_by_time(
        self, user: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(consumers, "RECHECK_SECONDS", 0.05)

        async def scenario() -> int:
            token = await sync_to_async(token_of)(user)
            socket = await Socket(room(), token=token).open()
            await AuthSession.objects.all().adelete()
            return await socket.closed()

        assert async_to_sync(scenario)() == UNAUTHENTICATED


class TestMessages:
    def code_after(self, user: User, *messages: str | bytes) -> int:
        """Send messages, of which one is refused, and return the code."""

        async def scenario() -> int:
            token = await sync_to_async(token_of)(user)
            socket = await Socket(room(), token=token).open()
            for message in messages:
                if isinstance(message, str):
                    await socket.send_text(message)
                else:
                    await socket.send_bytes(message)
            return await socket.closed()

        return async_to_sync(scenario)()

    @pytest.mark.parametrize(
        ("message", "code"),
        [
            ("{", 4400),
            ("[]", 4400),
            ('"text"', 4400),
            ("[" * 4000, 4400),
            ('{"text": "\\ud800"}', 4400),
            (b"\x00\x01", 4415),
            ('{"text": "' + "x" * 5000 + '"}', 4413),
            ('{"text": "' + "\N{SNOWMAN}" * 2000 + '"}', 4413),
        ],
    )
    def test_refuses_what_it_cannot_read(
        self, user: User, message: str | bytes, code: int
    ) -> None:
        assert self.code_after(user, message) == code

    def test_refuses_a_flood(self, user: User) -> None:
        messages = ['{"text": "again"}'] * (SignedInConsumer.max_messages + 1)

        assert self.code_after(user, *messages) == TOO_MANY


class TestOutage:
    def test_push_is_lost_and_fails_nobody(
        self,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
        django_capture_on_commit_callbacks: "Commit",
    ) -> None:
        self.fail("group_send", monkeypatch)

        with (
            caplog.at_level(logging.WARNING),
            django_capture_on_commit_callbacks(execute=True),
        ):
            sockets.push(group="chat.room", message={})

        assert caplog.records[-1].message.startswith("Push lost")

    def test_socket_is_closed_and_may_come_back(
        self, user: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        token = token_of(user)
        self.fail("group_add", monkeypatch)

        async def scenario() -> int:
            socket = await Socket(room(), token=token).open()
            return await socket.closed()

        assert async_to_sync(scenario)() == consumers.TRY_AGAIN

    def test_socket_that_fails_leaves_its_groups(
        self, user: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        token, path = token_of(user), room()
        left: list[str] = []

        async def leave(group: str, _channel: str) -> None:
            left.append(group)

        async def scenario() -> int:
            socket = await Socket(path, token=token).open()
            self.fail("group_send", monkeypatch)
            await socket.send({"text": "Hello"})
            code = await socket.closed()
            await socket.server
            return code

        monkeypatch.setattr(channel_layers["default"], "group_discard", leave)

        assert async_to_sync(scenario)() == consumers.TRY_AGAIN
        assert left == [sockets.user_group(user.pk), f"chat.{path.split('/')[3]}"]

    def fail(self, method: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """Make the channel layer lose its Redis."""

        async def refuse(*_args: object) -> None:
            raise RedisConnectionError

        monkeypatch.setattr(channel_layers["default"], method, refuse)


@pytest.mark.parametrize(
    ("level", "message", "logged"),
    [
        (logging.DEBUG, "< Sec-WebSocket-Protocol: bearer, secret", False),
        (logging.INFO, '"WebSocket /ws/?token=secret" [accepted]', False),
        (logging.ERROR, MALFORMED, False),
        (logging.ERROR, "Exception in ASGI application", True),
    ],
)
def test_server_logs_failures_only(level: int, message: str, *, logged: bool) -> None:
    values: dict[str, Any] = {"levelno": level, "msg": message}

    assert SocketFilter().filter(logging.makeLogRecord(values)) is logged
