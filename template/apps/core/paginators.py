"""Paginators: how the rows of a numbered page are loaded and counted."""

import hashlib
from typing import Any, Final, override

from django.core.cache import cache
from django.core.exceptions import EmptyResultSet
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

# Counts up to this number are cheap, so they are not cached.
EXACT_COUNT: Final = 10_000
COUNT_TTL_SECONDS: Final = 60


class ShortPagePaginator(Paginator[Any]):
    """Django's paginator without a count when the first page is not full.

    Queries are limited to the page size, not to the number of rows left: with `LIMIT 1`
    for the only match of a search, PostgreSQL tends to scan all rows in order.
    """

    @override
    def page(self, number: int | str) -> Page[Any]:
        """Load a page without a count, or with the count that validates its number."""
        if str(number) != "1":
            number = self.validate_number(number)
            first = (number - 1) * self.per_page
            return Page(self.object_list[first : first + self.per_page], number, self)
        rows = list(self.object_list[: self.per_page])
        if len(rows) < self.per_page:
            self.count = len(rows)
        return Page(rows, 1, self)


class CachedCountPaginator(ShortPagePaginator):
    """Counts above 10,000 rows are cached for a minute for each query."""

    @cached_property
    @override
    def count(self) -> int:
        """The number of rows; above `EXACT_COUNT` up to `COUNT_TTL_SECONDS` old."""
        rows = self.object_list
        if not isinstance(rows, QuerySet) or rows.query.is_sliced:
            return super().count
        key = _count_key(rows)
        cached = cache.get(key)
        if isinstance(cached, int):
            return cached
        count = super().count
        if count > EXACT_COUNT:
            cache.set(key, count, COUNT_TTL_SECONDS)
        return count


def _count_key(rows: "QuerySet[Any]") -> str:
    """Return the cache key for the count of a query, whatever its order."""
    try:
        query = repr((rows.db, rows.order_by().query.sql_with_params()))
    except EmptyResultSet:
        # The count is 0, which is never cached.
        query = ""
    return f"count:{hashlib.sha256(query.encode()).hexdigest()}"
