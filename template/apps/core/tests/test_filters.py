"""Tests of the filters."""

import django_filters
import pytest

from apps.core.filters import DateTimeRangeFilter
from apps.users.models import User

pytestmark = pytest.mark.django_db


class JoinedFilter(django_filters.FilterSet):
    """`?joined_after=`, `?joined_before=`."""

    joined = DateTimeRangeFilter(field_name="created_at")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("joined_after", "0001-01-01T00:00:00+14:00"),
        ("joined_before", "9999-12-31T23:59:59-14:00"),
        ("joined_after", "yesterday"),
    ],
)
def test_time_that_cannot_be_stored_is_rejected(name: str, value: str) -> None:
    filters = JoinedFilter({name: value}, User.objects.all())

    assert not filters.is_valid()
    assert set(filters.errors) == {"joined"}


@pytest.mark.parametrize(
    ("name", "value", "count"),
    [
        ("joined_after", "0001-01-01T14:00:00+14:00", 1),
        ("joined_before", "9999-12-31T09:59:59-14:00", 1),
        ("joined_after", "9999-12-31T23:59:59Z", 0),
    ],
)
def test_list_is_filtered_by_time(
    user: User, name: str, value: str, count: int
) -> None:
    filters = JoinedFilter({name: value}, User.objects.filter(pk=user.pk))

    assert filters.is_valid()
    assert filters.qs.count() == count
