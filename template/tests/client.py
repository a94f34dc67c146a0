"""The API client of the tests."""

import json
from typing import TYPE_CHECKING, Any, override

from rest_framework.test import APIClient

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpResponse

    from apps.users.models import User

type ClientFor = Callable[[User], APITestClient]


class APITestClient(APIClient):
    """REST framework's client; every method takes `expected_status=` as well."""

    @override
    def request(self, *, expected_status: int | None = None, **kwargs: Any) -> Any:
        """Fail with the body of the response if its status is not the expected one."""
        __tracebackhide__ = True
        response = super().request(**kwargs)
        if expected_status is not None:
            assert response.status_code == expected_status, (
                f"{kwargs['REQUEST_METHOD']} {kwargs['PATH_INFO']} returned "
                f"{response.status_code} instead of {expected_status}:\n"
                f"{response.getvalue().decode(errors='replace')}"
            )
        return response


def error_codes(response: "HttpResponse") -> list[tuple[str, str | None]]:
    """Return the code and the field of each error in a response."""
    errors = json.loads(response.content)["errors"]
    return [(error["code"], error["attr"]) for error in errors]
