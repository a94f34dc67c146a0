"""Tests of the throttles."""

import time
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
from django.urls import path
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView

from apps.core.throttling import (
    AnonThrottle,
    BurstUserThrottle,
    SustainedUserThrottle,
    UserThrottle,
)

if TYPE_CHECKING:
    from pytest_django import Settings
    from rest_framework.request import Request
    from rest_framework.test import APIClient

    from apps.core.throttling import (
        ExactRateThrottle,
    )
    from apps.users.models import User


class OpenView(APIView):
    """Answers everybody, within the project's default rates."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def get(self, _request: "Request") -> Response:
        """Answer."""
        return Response()


urlpatterns = [path("", OpenView.as_view())]


def allowed(throttle: type["ExactRateThrottle"], number: int, user: "User") -> int:
    """Count how many of a user's requests a throttle lets through."""
    view = APIView()
    request = view.initialize_request(APIRequestFactory().get("/"))
    request.user = user
    return sum(throttle().allow_request(request, view) for _request in range(number))


@pytest.mark.parametrize(
    ("throttle", "limit"),
    [(UserThrottle, 1000), (BurstUserThrottle, 60), (SustainedUserThrottle, 1000)],
)
def test_rates(user: "User", throttle: type["ExactRateThrottle"], limit: int) -> None:
    assert allowed(throttle, limit + 5, user) == limit


@pytest.mark.urls(__name__)
def test_anonymous_clients_are_limited(anonymous_client: "APIClient") -> None:
    statuses = {anonymous_client.get("/").status_code for _request in range(100)}
    refused = anonymous_client.get("/")

    assert statuses == {HTTPStatus.OK}
    assert refused.status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert refused.json()["errors"][0]["code"] == "throttled"
    # The rest of an hour, but for what the requests took.
    assert int(refused["Retry-After"]) in range(3540, 3601)


def test_period_ends(user: "User", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SimpleRateThrottle.THROTTLE_RATES, "burst", "2/second")
    limit = 2

    assert allowed(BurstUserThrottle, 3, user) == limit
    # The cache's own clock decides, so time has to pass.
    time.sleep(1.1)
    assert allowed(BurstUserThrottle, 3, user) == limit


def test_signed_in_users_are_not_anonymous(user: "User") -> None:
    view = APIView()
    request = view.initialize_request(APIRequestFactory().get("/"))
    request.user = user

    assert AnonThrottle().get_cache_key(request, view) is None
    assert AnonThrottle().allow_request(request, view)


def test_without_its_cache_it_allows(user: "User", settings: "Settings") -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "django_redis.cache.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }

    requests = 70

    assert allowed(BurstUserThrottle, requests, user) == requests
