"""Filters of list endpoints."""

from datetime import UTC
from typing import TYPE_CHECKING, override

from django.core.exceptions import ValidationError
from django_filters.fields import IsoDateTimeRangeField
from django_filters.filters import IsoDateTimeFromToRangeFilter

if TYPE_CHECKING:
    from datetime import datetime


class DateTimeRangeField(IsoDateTimeRangeField):
    """Range of times that the database can store."""

    @override
    def compress(self, data_list: "list[datetime | None] | None") -> slice | None:
        """Reject a time before the year 1 or after the year 9999 in UTC."""
        for moment in filter(None, data_list or []):
            try:
                # Fails for `0001-01-01T00:00:00+14:00`, which is a valid time.
                moment.astimezone(UTC)
            except OverflowError:
                message = "Enter a date/time between the years 1 and 9999 in UTC."
                raise ValidationError(message, code="invalid") from None
        return super().compress(data_list)


class DateTimeRangeFilter(IsoDateTimeFromToRangeFilter):
    """Filter by ISO 8601 times, such as `?created_after=2026-01-31T12:00:00Z`."""

    field_class = DateTimeRangeField
