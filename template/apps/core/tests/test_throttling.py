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
    LoginThrottle,
    SustainedUserThrottle,
    UserThrottle,
)
from tests.client import error_codes

if TYPE_CHECKING:
    from rest_framework.request import Request

    from apps.core.throttling import ExactRateThrottle
    from apps.users.models import User
    from tests.client import APITestClient


class OpenView(APIView):
    """A view for everybody with the default throttles."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    def get(self, _request: "Request") -> Response:
        """Return an empty response."""
        return Response()


urlpatterns = [path("", OpenView.as_view())]


def allowed(throttle: type["ExactRateThrottle"], number: int, user: "User") -> int:
    """Return how many of `number` requests of a user a throttle allows."""
    view = APIView()
    request = view.initialize_request(APIRequestFactory().get("/"))
    request.user = user
    return sum(throttle().allow_request(request, view) for _request in range(number))


@pytest.mark.parametrize(
    ("throttle", "limit"),
    [(UserThrottle, 1000), (BurstUserThrottle, 60), (SustainedUserThrottle, 1000)],
)
def test_throttle_allows_exactly_its_rate(
    user: "User", throttle: type["ExactRateThrottle"], limit: int
) -> None:
    assert allowed(throttle, limit + 5, user) == limit


@pytest.mark.urls(__name__)
def test_anonymous_clients_are_limited(anonymous_client: "APITestClient") -> None:
    for _request in range(100):
        anonymous_client.get("/", expected_status=HTTPStatus.OK)
    throttled = anonymous_client.get("/", expected_status=HTTPStatus.TOO_MANY_REQUESTS)

    assert error_codes(throttled) == [("throttled", None)]
    # The rest of an hour, less the time that the requests took.
    assert int(throttled["Retry-After"]) in range(3540, 3601)


def test_limit_is_reset_when_the_period_ends(
    user: "User", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SimpleRateThrottle.THROTTLE_RATES, "burst", "2/second")
    limit = 2

    assert allowed(BurstUserThrottle, 3, user) == limit
    # The cache uses its own clock, so the time cannot be mocked.
    time.sleep(1.1)
    assert allowed(BurstUserThrottle, 3, user) == limit


def test_anonymous_throttle_ignores_authenticated_users(user: "User") -> None:
    view = APIView()
    request = view.initialize_request(APIRequestFactory().get("/"))
    request.user = user

    assert AnonThrottle().get_cache_key(request, view) is None
    assert AnonThrottle().allow_request(request, view)


@pytest.mark.usefixtures("_redis_down")
def test_every_request_is_allowed_while_redis_is_down(user: "User") -> None:
    requests = 70

    assert allowed(BurstUserThrottle, requests, user) == requests


@pytest.mark.parametrize(
    ("addresses", "expected"),
    [
        (["2001:db8::1", "2001:db8::ffff:2", "2001:DB8:0:0::3"], "2001:db8::/64"),
        (["2001:db8:0:1::1"], "2001:db8:0:1::/64"),
        (["203.0.113.9", "::ffff:203.0.113.9"], "203.0.113.9"),
        (["fe80::1%eth0"], "fe80::/64"),
        (["no:address"], "no:address"),
    ],
)
def test_an_ipv6_network_counts_as_one_client(
    addresses: list[str], expected: str
) -> None:
    requests = APIRequestFactory()
    throttles = (AnonThrottle(), UserThrottle(), LoginThrottle(), BurstUserThrottle())

    idents = {
        throttle.get_ident(APIView().initialize_request(request))
        for request in (requests.get("/", REMOTE_ADDR=given) for given in addresses)
        for throttle in throttles
    }

    assert idents == {expected}
