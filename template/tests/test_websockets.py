"""Tests of who may open a WebSocket and when it ends."""

import uuid
from typing import TYPE_CHECKING

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.urls import reverse

from apps.core.websockets import consumers
from apps.users import services
from apps.users.models import AuthSession, User
from apps.users.tests.factories import UserFactory, fake_password
from tests.websockets import (
    CloseCode,
    WebSocketClient,
    access_token,
    close_code,
    room_url,
    session_cookie,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

# Channels closes the database connection after each call, and a transaction with it.
pytestmark = pytest.mark.django_db(transaction=True)


def stays_open(
    client: WebSocketClient, during: "Callable[[], object] | None" = None
) -> bool:
    """Open a WebSocket, call a function and return whether it is still open."""

    async def scenario() -> bool:
        async with client:
            if during:
                await sync_to_async(during)()
            return await client.is_silent()

    return async_to_sync(scenario)()


def close_code_after(action: "Callable[[], object]", client: WebSocketClient) -> int:
    """Open a WebSocket, call a function and return the code it is closed with."""

    async def scenario() -> int:
        async with client:
            assert await client.is_silent()
            await sync_to_async(action)()
            return await client.wait_for_close()

    return async_to_sync(scenario)()


class TestOpening:
    def test_token_is_accepted_and_not_sent_back(self, user: User) -> None:
        client = WebSocketClient(room_url(), token=access_token(user))

        assert stays_open(client)
        assert client.subprotocol == "bearer"

    def test_session_cookie_is_accepted(self, user: User, client: "Client") -> None:
        cookie = session_cookie(client, user)

        assert stays_open(WebSocketClient(room_url(), cookie=cookie))

    @pytest.mark.parametrize("token", ["", "made-up", "a.b.c"])
    def test_missing_or_unknown_token_is_rejected(self, token: str) -> None:
        client = WebSocketClient(room_url(), token=token)

        assert close_code(client) == CloseCode.UNAUTHENTICATED

    def test_token_of_an_ended_session_is_rejected(self, user: User) -> None:
        token = access_token(user)
        AuthSession.objects.all().delete()

        client = WebSocketClient(room_url(), token=token)

        assert close_code(client) == CloseCode.UNAUTHENTICATED

    def test_token_in_the_url_is_not_read(self, user: User) -> None:
        client = WebSocketClient(f"{room_url()}?token={access_token(user)}")

        assert close_code(client) == CloseCode.NOT_FOUND

    def test_unknown_token_does_not_fall_back_to_the_cookie(
        self, user: User, client: "Client"
    ) -> None:
        cookie = session_cookie(client, user)

        websocket = WebSocketClient(room_url(), token=uuid.uuid4().hex, cookie=cookie)

        assert close_code(websocket) == CloseCode.UNAUTHENTICATED

    @pytest.mark.parametrize("path", ["/", "/ws/", "/ws/chat/", "/ws/chat/a/b/"])
    def test_unknown_path_is_rejected(self, path: str) -> None:
        assert close_code(WebSocketClient(path)) == CloseCode.NOT_FOUND


class TestEndOfSession:
    @pytest.fixture
    def websocket(self, user: User) -> WebSocketClient:
        """A WebSocket of `user`, not yet open."""
        return WebSocketClient(room_url(), token=access_token(user))

    def test_deactivating_the_user_closes_it(
        self,
        websocket: WebSocketClient,
        user: User,
        admin: User,
    ) -> None:
        def deactivate() -> None:
            services.deactivate(user=user, actor=admin)

        assert close_code_after(deactivate, websocket) == CloseCode.UNAUTHENTICATED

    def test_changing_the_password_closes_it(self) -> None:
        password = fake_password()
        user = UserFactory.create(password=password)
        websocket = WebSocketClient(room_url(), token=access_token(user))

        def change_password() -> None:
            services.change_password(
                user=user, current_password=password, new_password=fake_password()
            )

        code = close_code_after(change_password, websocket)

        assert code == CloseCode.UNAUTHENTICATED

    def test_logging_out_closes_it(
        self,
        websocket: WebSocketClient,
    ) -> None:
        def log_out() -> None:
            services.logout(session=AuthSession.objects.get())

        assert close_code_after(log_out, websocket) == CloseCode.UNAUTHENTICATED

    def test_logging_out_in_another_session_keeps_it_open(
        self,
        websocket: WebSocketClient,
        user: User,
    ) -> None:
        services.start_session(user=user)

        def log_out() -> None:
            services.logout(session=AuthSession.objects.latest("created_at"))

        assert stays_open(websocket, during=log_out)

    def test_periodic_check_closes_it(
        self, websocket: WebSocketClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(consumers, "RECHECK_SECONDS", 0.05)

        async def scenario() -> int:
            async with websocket:
                await AuthSession.objects.all().adelete()
                return await websocket.wait_for_close()

        assert async_to_sync(scenario)() == CloseCode.UNAUTHENTICATED

    def test_new_password_in_the_admin_closes_it(
        self, websocket: WebSocketClient, user: User, client: "Client"
    ) -> None:
        client.force_login(User.objects.create_superuser("root@example.com"))
        url = reverse("admin:auth_user_password_change", args=[user.pk])
        password = fake_password()

        def change_password() -> None:
            client.post(url, {"password1": password, "password2": password})

        code = close_code_after(change_password, websocket)

        assert code == CloseCode.UNAUTHENTICATED

    def test_deleting_the_session_in_the_admin_closes_it(
        self, websocket: WebSocketClient, user: User, client: "Client"
    ) -> None:
        client.force_login(User.objects.create_superuser("root@example.com"))
        session = AuthSession.objects.get(user=user)
        url = reverse("admin:users_authsession_delete", args=[session.pk])

        def delete_session() -> None:
            client.post(url, {"post": "yes"})

        code = close_code_after(delete_session, websocket)

        assert code == CloseCode.UNAUTHENTICATED

    def test_logging_out_of_the_admin_closes_it(self, client: "Client") -> None:
        root = User.objects.create_superuser("root@example.com")
        websocket = WebSocketClient(room_url(), cookie=session_cookie(client, root))

        def log_out() -> None:
            client.post(reverse("admin:logout"))

        assert close_code_after(log_out, websocket) == CloseCode.UNAUTHENTICATED
