"""Pagination."""

import hashlib
from typing import TYPE_CHECKING, Any, ClassVar, Final, override

from django.core.cache import cache
from django.core.exceptions import EmptyResultSet
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property
from rest_framework.pagination import PageNumberPagination
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from apps.core.keyset import keyset_page, with_total_order

if TYPE_CHECKING:
    from django.db.models import Model
    from rest_framework.request import Request
    from rest_framework.views import APIView

    from apps.core.keyset import KeysetPage

# Up to here a count reads so few rows that each page may make it.
EXACT_COUNT: Final = 10_000
COUNT_TTL: Final = 60


class BoundedPaginator(Paginator[Any]):
    """Counts exactly while that is cheap, and once a minute beyond.

    Attributes:
        large: The models of which this process has counted more than that. The cache is
            asked for these only.
    """

    large: ClassVar[set[type["Model"]]] = set()

    @cached_property
    @override
    def count(self) -> int:
        """The number of rows."""
        rows = self.object_list
        if not isinstance(rows, QuerySet) or rows.query.is_sliced:
            return super().count
        if rows.model in self.large:
            remembered = cache.get(count_key(rows))
            if isinstance(remembered, int):
                return remembered
        count = super().count
        if count > EXACT_COUNT:
            self.large.add(rows.model)
            cache.set(count_key(rows), count, COUNT_TTL)
        return count

    @override
    def page(self, number: int | str) -> Page[Any]:
        """Load a page.

        Unlike Django's, it asks for a whole page whatever the count is: for the one row
        that a search found, PostgreSQL would rather walk all rows in order.

        Args:
            number: The page's number.

        Returns:
            The page.
        """
        if str(number) != "1":
            number = self.validate_number(number)
            first = (number - 1) * self.per_page
            return Page(self.object_list[first : first + self.per_page], number, self)
        rows = list(self.object_list[: self.per_page])
        if len(rows) < self.per_page:
            # Nothing is left to count.
            self.count = len(rows)
        return Page(rows, 1, self)


def count_key(rows: "QuerySet[Any]") -> str:
    """Name the number of some rows.

    Args:
        rows: The rows.

    Returns:
        The cache's key.
    """
    try:
        query = repr((rows.db, rows.order_by().query.sql_with_params()))
    except EmptyResultSet:
        # It finds nothing, so its number is never stored.
        query = ""
    return f"count:{hashlib.sha256(query.encode()).hexdigest()}"


class StandardPagination(PageNumberPagination):
    """Pages of 20 rows, by number or by cursor; `?page_size=` asks for up to 100."""

    page_size_query_param = "page_size"
    max_page_size = 100
    django_paginator_class = BoundedPaginator
    cursor_query_param = "cursor"
    keyset: "KeysetPage | None" = None

    @override
    def paginate_queryset(
        self,
        queryset: Any,
        request: "Request",
        view: "APIView | None" = None,
    ) -> list[Any] | None:
        """Load a page: with `?cursor=` what is beyond a row, else that of a number.

        Args:
            queryset: The rows, filtered and in order.
            request: The request.
            view: The view.

        Returns:
            The rows of the page.
        """
        cursor = request.query_params.get(self.cursor_query_param)
        size = self.get_page_size(request)
        if cursor is None or not size:
            rows = with_total_order(queryset)
            return super().paginate_queryset(rows, request, view)
        self.request = request
        self.keyset = keyset_page(queryset, cursor=cursor, size=size)
        return self.keyset.rows

    @override
    def get_paginated_response(self, data: Any) -> Response:
        """Answer with a page.

        Args:
            data: Its rows, serialized.

        Returns:
            200 with the rows, links to the pages beside them and, without a cursor, the
            number of all rows.
        """
        if self.keyset is None:
            return super().get_paginated_response(data)
        return Response(
            {
                "next": self.cursor_link(self.keyset.next),
                "previous": self.cursor_link(self.keyset.previous),
                "results": data,
            }
        )

    def cursor_link(self, cursor: str | None) -> str | None:
        """Name the URL of a page.

        Args:
            cursor: The page's, or None.

        Returns:
            The URL of the request with that cursor, or None.
        """
        if cursor is None or self.request is None:
            return None
        url = self.request.build_absolute_uri()
        return replace_query_param(url, self.cursor_query_param, cursor)

    @override
    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Describe a page for the OpenAPI document.

        Args:
            schema: The description of its rows.

        Returns:
            The description.
        """
        page = super().get_paginated_response_schema(schema)
        page["required"] = ["next", "previous", "results"]
        page["properties"]["count"]["description"] = (
            f"The number of all rows; above {EXACT_COUNT} it may be {COUNT_TTL} seconds "
            "old. Absent with `cursor`."
        )
        return page

    @override
    def get_schema_operation_parameters(self, view: "APIView") -> list[dict[str, Any]]:
        """Describe the query parameters for the OpenAPI document.

        Args:
            view: The view.

        Returns:
            The parameters.
        """
        cursor = {
            "name": self.cursor_query_param,
            "required": False,
            "in": "query",
            "description": "Pages that cost the same at any depth and are not counted: "
            "empty to begin, then as in `next` and `previous`. `page` is ignored.",
            "schema": {"type": "string"},
            "allowEmptyValue": True,
        }
        return [*super().get_schema_operation_parameters(view), cursor]
