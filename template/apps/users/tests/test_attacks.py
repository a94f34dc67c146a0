"""Attacks on accounts, sessions and records; those on JSON bodies are in core."""

import json
import statistics
import time
import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse
from rest_framework.test import APIClient
from rest_framework.throttling import SimpleRateThrottle

from apps.users import services
from apps.users.models import User
from apps.users.tests.factories import AdminFactory, UserFactory, fake_password

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpResponse
    from django.test import Client
    from pytest_django import Settings

pytestmark = pytest.mark.django_db

type ClientFor = Callable[[User], APIClient]

# What no client may set, whoever sends it and wherever.
FORBIDDEN: dict[str, Any] = {
    "id": str(uuid.UUID(int=1)),
    "pk": str(uuid.UUID(int=1)),
    "email": "victim@example.com",
    "is_active": False,
    "is_staff": True,
    "is_superuser": True,
    "groups": [1],
    "user_permissions": [1],
    "created_at": "2000-01-01T00:00:00Z",
    "last_login": "2000-01-01T00:00:00Z",
    "auth_sessions": [],
}


def detail_url(user: User) -> str:
    """Name the URL of a user."""
    return reverse("user-detail", kwargs={"pk": user.pk})


def row(user: User) -> dict[str, Any]:
    """Read what the database holds of a user, apart from what may change."""
    fields: dict[str, Any] = dict(User.objects.filter(pk=user.pk).values().get())
    return {key: fields[key] for key in fields.keys() - {"name", "updated_at"}}


def codes(response: "HttpResponse") -> list[tuple[str, str | None]]:
    """List the code and the field of each error in a response."""
    errors = json.loads(response.content)["errors"]
    return [(error["code"], error["attr"]) for error in errors]


def status_of_me(client: APIClient) -> int:
    """Ask for the own record and return the status."""
    return client.get(reverse("me")).status_code


@pytest.fixture
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a test log in more often than a client may."""
    monkeypatch.setitem(SimpleRateThrottle.THROTTLE_RATES, "login", "9999/minute")


@pytest.fixture
def root(client: "Client") -> "Client":
    """A browser signed in to the administration."""
    client.force_login(User.objects.create_superuser("root@example.com"))
    return client


class TestStolenToken:
    def test_is_dead_everywhere_after_logout(
        self, admin: User, admin_client: APIClient
    ) -> None:
        response = admin_client.post(reverse("logout"))

        assert response.status_code == HTTPStatus.NO_CONTENT
        for answer in (
            admin_client.get(reverse("me")),
            admin_client.patch(reverse("me"), {"name": "Mallory"}),
            admin_client.post(reverse("logout")),
            admin_client.post(reverse("change-password"), {}),
            admin_client.get(reverse("user-list")),
            admin_client.get(detail_url(admin)),
            admin_client.put(detail_url(admin), {"name": "Mallory"}),
            admin_client.delete(detail_url(admin)),
        ):
            assert answer.status_code == HTTPStatus.UNAUTHORIZED
            assert answer["WWW-Authenticate"]

    def test_is_dead_after_the_owner_changed_the_password(
        self, client_for: "ClientFor"
    ) -> None:
        password = fake_password()
        user = UserFactory.create(password=password)
        thief, owner = client_for(user), client_for(user)

        response = owner.post(
            reverse("change-password"),
            {"current_password": password, "new_password": fake_password()},
        )

        assert response.status_code == HTTPStatus.NO_CONTENT
        assert status_of_me(thief) == HTTPStatus.UNAUTHORIZED
        assert status_of_me(owner) == HTTPStatus.UNAUTHORIZED

    def test_is_dead_after_a_deactivation_that_was_undone(
        self, user: User, user_client: APIClient, root: "Client"
    ) -> None:
        url = reverse("admin:users_user_change", args=[user.pk])
        form = {"email": user.email, "name": user.name, "role": user.role}

        root.post(url, form)
        assert not User.objects.get(pk=user.pk).is_active
        root.post(url, form | {"is_active": "on"})
        assert User.objects.get(pk=user.pk).is_active

        assert status_of_me(user_client) == HTTPStatus.UNAUTHORIZED

    def test_is_dead_when_the_login_raced_with_the_password_change(
        self, client_for: "ClientFor"
    ) -> None:
        password = fake_password()
        user = UserFactory.create(password=password)
        # As a login read it, before the change.
        stale = User.objects.get(pk=user.pk)
        services.change_password(
            user=user, current_password=password, new_password=fake_password()
        )

        assert status_of_me(client_for(stale)) == HTTPStatus.UNAUTHORIZED

    def test_guesses_the_password_ten_times_at_most(
        self, user_client: APIClient
    ) -> None:
        guess = {"current_password": fake_password(), "new_password": fake_password()}
        statuses = [
            user_client.post(reverse("change-password"), guess).status_code
            for _guess in range(12)
        ]

        assert statuses[:10] == [HTTPStatus.BAD_REQUEST] * 10
        assert statuses[10:] == [HTTPStatus.TOO_MANY_REQUESTS] * 2


class TestMassAssignment:
    def test_by_registration(self, anonymous_client: APIClient) -> None:
        given = {"email": "ada@example.com", "name": "A", "password": fake_password()}
        body = {**FORBIDDEN, "role": "admin", "phone": "+1 555 0100", **given}

        response = anonymous_client.post(reverse("register"), body)

        assert response.status_code == HTTPStatus.CREATED
        user = User.objects.get()
        assert str(user.pk) != FORBIDDEN["id"]
        assert (user.email, user.role, user.phone) == ("ada@example.com", "user", "")
        assert (user.is_active, user.is_staff, user.is_superuser) == (True, 0, 0)
        assert not user.groups.exists()

    @pytest.mark.parametrize("method", ["put", "patch"])
    def test_of_the_own_record(
        self, user: User, user_client: APIClient, method: str
    ) -> None:
        UserFactory.create(email=FORBIDDEN["email"])
        before = row(user)
        body = {**FORBIDDEN, "name": "Mallory", "password": fake_password()}

        response = getattr(user_client, method)(detail_url(user), body)

        assert response.status_code == HTTPStatus.OK
        assert row(user) == before
        assert User.objects.get(pk=user.pk).name == "Mallory"

    def test_of_the_signed_in_user(self, user: User, user_client: APIClient) -> None:
        before = row(user)
        body = {**FORBIDDEN, "role": "admin", "password": fake_password()}

        response = user_client.patch(reverse("me"), body)

        assert response.status_code == HTTPStatus.OK
        assert row(user) == before

    @pytest.mark.parametrize("method", ["put", "patch"])
    def test_of_another_record_by_an_admin(
        self, user: User, admin_client: APIClient, method: str
    ) -> None:
        before = row(user)
        body = {**FORBIDDEN, "name": "Ada", "phone": "1", "password": fake_password()}

        response = getattr(admin_client, method)(detail_url(user), body)

        assert response.status_code == HTTPStatus.OK
        assert row(user) == before

    def test_by_login_and_password_change(
        self, anonymous_client: APIClient, client_for: "ClientFor"
    ) -> None:
        password, changed = fake_password(), fake_password()
        user = UserFactory.create(password=password)
        ignored = {"last_login", "password"}
        before = {key: row(user)[key] for key in row(user).keys() - ignored}

        credentials = {"email": user.email, "password": password}
        anonymous_client.post(
            reverse("login"), {**FORBIDDEN, "role": "admin", **credentials}
        )
        passwords = {"current_password": password, "new_password": changed}
        client_for(user).post(
            reverse("change-password"), {**FORBIDDEN, "role": "admin", **passwords}
        )

        assert {key: row(user)[key] for key in row(user).keys() - ignored} == before


class TestEscalation:
    @pytest.mark.parametrize("method", ["put", "patch"])
    @pytest.mark.parametrize("role", [User.Role.USER, User.Role.MODERATOR])
    def test_nobody_promotes_themselves(
        self, client_for: "ClientFor", role: User.Role, method: str
    ) -> None:
        user = UserFactory.create(role=role)
        body = {"name": user.name, "role": "admin"}

        response = getattr(client_for(user), method)(detail_url(user), body)

        assert response.status_code == HTTPStatus.FORBIDDEN
        assert User.objects.get(pk=user.pk).role == role

    @pytest.mark.parametrize(
        ("role", "is_staff"),
        [
            (User.Role.USER, False),
            (User.Role.MODERATOR, False),
            # The administration's flag opens nothing in the API.
            (User.Role.USER, True),
        ],
    )
    def test_another_record_cannot_be_reached(
        self, client_for: "ClientFor", role: User.Role, *, is_staff: bool
    ) -> None:
        client = client_for(UserFactory.create(role=role, is_staff=is_staff))
        victim = AdminFactory.create()
        before = row(victim), victim.name
        body = {"name": "Mallory", "role": "user"}

        for answer in (
            client.get(detail_url(victim)),
            client.head(detail_url(victim)),
            client.options(detail_url(victim)),
            client.put(detail_url(victim), body),
            client.patch(detail_url(victim), body),
            client.delete(detail_url(victim)),
            client.get(reverse("user-list")),
        ):
            assert answer.status_code == HTTPStatus.FORBIDDEN
            assert victim.email not in answer.content.decode()
        assert (row(victim), User.objects.get(pk=victim.pk).name) == before

    def test_demotion_counts_at_the_next_request(
        self, admin: User, admin_client: APIClient
    ) -> None:
        User.objects.filter(pk=admin.pk).update(role=User.Role.USER)

        response = admin_client.get(reverse("user-list"))

        assert response.status_code == HTTPStatus.FORBIDDEN

    @pytest.mark.parametrize(
        "query",
        [
            "ordering=password",
            "ordering=-phone",
            "ordering=is_superuser,auth_sessions__token_digest",
            "password__startswith=argon2",
            "is_superuser=true",
            "auth_sessions__token_digest__startswith=0",
            "phone=1",
        ],
    )
    def test_list_cannot_be_used_to_read_hidden_columns(
        self, admin_client: APIClient, query: str
    ) -> None:
        UserFactory.create_batch(3)
        plain = admin_client.get(reverse("user-list")).json()

        probed = admin_client.get(f"{reverse('user-list')}?{query}").json()

        assert probed["results"] == plain["results"]


class TestEnumeration:
    def test_of_records(self, user_client: APIClient) -> None:
        unknown = reverse("user-detail", kwargs={"pk": uuid.uuid4()})
        urls = (detail_url(UserFactory.create()), unknown)
        for method in ("get", "put", "patch", "delete"):
            answers = [getattr(user_client, method)(url) for url in urls]

            assert {answer.status_code for answer in answers} == {HTTPStatus.FORBIDDEN}
            assert len({answer.content for answer in answers}) == 1

    def test_of_addresses_costs_an_account_each(
        self, anonymous_client: APIClient
    ) -> None:
        taken = UserFactory.create().email
        answers = [
            anonymous_client.post(
                reverse("register"), {"email": email, "name": "A", "password": "weak"}
            )
            for email in (taken, "free@example.com")
        ]

        assert {answer.status_code for answer in answers} == {HTTPStatus.BAD_REQUEST}
        assert len({answer.content for answer in answers}) == 1

    @pytest.mark.slow
    @pytest.mark.usefixtures("unlimited")
    def test_by_time(
        self,
        anonymous_client: APIClient,
        settings: "Settings",
    ) -> None:
        # The hashers of production; the first one is there to make tests fast.
        settings.PASSWORD_HASHERS = settings.PASSWORD_HASHERS[1:]
        password = fake_password()
        logins = {
            "wrong": UserFactory.create().email,
            "inactive": UserFactory.create(is_active=False, password=password).email,
            "unusable": User.objects.create_user("u@example.com", name="U").email,
            "missing": "nobody@example.com",
        }
        times: dict[str, list[float]] = {}

        def measure(kind: str, path: str, body: dict[str, str]) -> None:
            start = time.perf_counter()
            anonymous_client.post(reverse(path), body)
            times.setdefault(kind, []).append(time.perf_counter() - start)

        # By turns, so that whatever else the machine does weighs on all alike.
        for turn in range(5):
            for kind, email in logins.items():
                measure(kind, "login", {"email": email, "password": password})
            for kind, email in (
                ("taken", logins["wrong"]),
                ("free", f"new{turn}@example.com"),
            ):
                body = {"email": email, "name": "A", "password": password}
                measure(kind, "register", body)

        medians = {kind: statistics.median(taken) for kind, taken in times.items()}
        ratio = 2
        for kinds in (list(logins), ["taken", "free"]):
            compared = [medians[kind] for kind in kinds]
            assert max(compared) < ratio * min(compared), medians


class TestThrottleBypass:
    @pytest.mark.parametrize(
        ("name", "refusal"),
        [("login", HTTPStatus.UNAUTHORIZED), ("register", HTTPStatus.BAD_REQUEST)],
    )
    @pytest.mark.parametrize(
        "header",
        ["X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Client-IP", "True-Client-IP"],
    )
    def test_by_header(
        self,
        anonymous_client: APIClient,
        name: str,
        refusal: HTTPStatus,
        header: str,
    ) -> None:
        guess = {"email": "ada@example.com", "password": fake_password()}
        statuses = [
            anonymous_client.post(
                reverse(name), guess, headers={header: f"203.0.113.{number}"}
            ).status_code
            for number in range(12)
        ]

        assert statuses[:10] == [refusal] * 10
        assert statuses[10:] == [HTTPStatus.TOO_MANY_REQUESTS] * 2

    def test_by_header_through_a_proxy(
        self, anonymous_client: APIClient, settings: "Settings"
    ) -> None:
        settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": 1}

        def attempt(made_up: str, address: str) -> int:
            headers = {"X-Forwarded-For": f"{made_up}, {address}"}
            return anonymous_client.post(
                reverse("login"), {}, headers=headers
            ).status_code

        statuses = [
            attempt(f"203.0.113.{number}", "198.51.100.7") for number in range(12)
        ]

        assert statuses[10:] == [HTTPStatus.TOO_MANY_REQUESTS] * 2
        assert attempt("203.0.113.1", "198.51.100.8") == HTTPStatus.BAD_REQUEST

    def test_by_another_spelling_of_the_path(self, anonymous_client: APIClient) -> None:
        for _attempt in range(10):
            anonymous_client.post(reverse("login"), {})
        path = reverse("login")
        spellings = [
            f"{path}?x=1",
            f"{path}#x",
            path.replace("login", "%6cogin"),
            path.upper(),
            path.rstrip("/"),
            f"/{path}",
        ]

        for spelling in spellings:
            status = anonymous_client.post(spelling, {}).status_code
            assert status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.NOT_FOUND}

    def test_by_the_administrations_login(self, client: "Client") -> None:
        password = fake_password()
        root = User.objects.create_superuser("root@example.com", password)
        url = reverse("admin:login")
        for _guess in range(10):
            page = client.post(url, {"username": root.email, "password": "wrong"})
            assert "Too many attempts" not in page.content.decode()

        refused = client.post(url, {"username": root.email, "password": password})
        api = client.post(reverse("login"), {}, content_type="application/json")

        assert "Too many attempts" in refused.content.decode()
        assert "_auth_user_id" not in client.session
        assert api.status_code == HTTPStatus.TOO_MANY_REQUESTS


class TestForeignHost:
    @pytest.mark.parametrize(
        "host",
        [
            "evil.example",
            "testserver.evil.example",
            "testserver@evil.example",
            "testserver:80@evil.example",
            "evil.example:80",
            "",
            "a b",
            "testserver\x00",
            "[::1",
        ],
    )
    @pytest.mark.parametrize("name", ["me", "login", "docs", "schema"])
    def test_is_refused(
        self, anonymous_client: APIClient, name: str, host: str
    ) -> None:
        response = anonymous_client.get(reverse(name), HTTP_HOST=host)

        assert response.status_code == HTTPStatus.BAD_REQUEST
        assert codes(response) == [("bad_request", None)]

    def test_does_not_get_into_links(self, admin_client: APIClient) -> None:
        UserFactory.create_batch(3)
        headers = {
            "X-Forwarded-Host": "evil.example",
            "X-Forwarded-Server": "evil.example",
            "X-Host": "evil.example",
            "Forwarded": "host=evil.example",
        }

        response = admin_client.get(
            reverse("user-list"), {"page_size": 1}, headers=headers
        )

        assert response.json()["next"].startswith("http://testserver/")
        assert "evil" not in response.content.decode()


class TestCrossSiteRequest:
    @pytest.fixture
    def browser(self, user: User) -> APIClient:
        """A browser with a session, on a page of another site."""
        browser = APIClient(enforce_csrf_checks=True)
        browser.force_login(user)
        return browser

    def test_cannot_write(self, browser: APIClient, user: User) -> None:
        before = row(user), user.name
        url = detail_url(user)
        for answer in (
            browser.patch(reverse("me"), {"name": "Mallory"}),
            browser.put(url, {"name": "Mallory"}),
            browser.patch(url, {"name": "Mallory"}),
            browser.delete(url),
            browser.post(reverse("change-password"), {}),
        ):
            assert answer.status_code == HTTPStatus.FORBIDDEN
            assert codes(answer) == [("permission_denied", None)]
        assert (row(user), User.objects.get(pk=user.pk).name) == before

    @pytest.mark.parametrize(
        "content_type",
        ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"],
    )
    def test_cannot_write_with_what_a_form_can_send(
        self, browser: APIClient, content_type: str
    ) -> None:
        answer = browser.generic(
            "POST", reverse("change-password"), "current_password=x", content_type
        )

        assert answer.status_code in {HTTPStatus.FORBIDDEN, HTTPStatus.BAD_REQUEST}
        assert answer.json().keys() == {"type", "errors"}

    def test_cannot_use_a_token_of_its_own(self, browser: APIClient) -> None:
        browser.cookies["csrftoken"] = "a" * 32

        answer = browser.patch(
            reverse("me"), {"name": "Mallory"}, headers={"X-CSRFToken": "b" * 32}
        )

        assert answer.status_code == HTTPStatus.FORBIDDEN

    def test_is_known_by_its_origin(self, browser: APIClient) -> None:
        token = "a" * 32
        browser.cookies["csrftoken"] = token

        def patch(origin: str) -> int:
            headers = {"X-CSRFToken": token, "Origin": origin}
            body = {"name": "Ada"}
            return browser.patch(reverse("me"), body, headers=headers).status_code

        assert patch("https://evil.example") == HTTPStatus.FORBIDDEN
        assert patch("null") == HTTPStatus.FORBIDDEN
        assert patch("http://testserver") == HTTPStatus.OK

    def test_cannot_log_out_or_leave_a_cookie(
        self, browser: APIClient, user: User
    ) -> None:
        logout = browser.post(reverse("logout"))
        login = browser.post(
            reverse("login"), {"email": user.email, "password": fake_password()}
        )

        assert logout.status_code == HTTPStatus.UNAUTHORIZED
        assert not login.cookies
        assert status_of_me(browser) == HTTPStatus.OK
