"""Pagination by page number and by cursor; docs/lists.md tells how to change it."""

from typing import TYPE_CHECKING, Any, ClassVar, override

from rest_framework.pagination import PageNumberPagination
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from apps.core.keyset import keyset_page, with_total_order
from apps.core.paginators import (
    COUNT_TTL_SECONDS,
    EXACT_COUNT,
    CachedCountPaginator,
    ShortPagePaginator,
)

if TYPE_CHECKING:
    from django.core.paginator import Paginator
    from rest_framework.request import Request
    from rest_framework.views import APIView

    from apps.core.keyset import KeysetPage


class StandardPagination(PageNumberPagination):
    """Pages of 20 rows, by number or by cursor; `?page_size=` allows up to 100."""

    page_size_query_param = "page_size"
    max_page_size = 100
    django_paginator_class: "type[Paginator[Any]]" = ShortPagePaginator
    cursor_query_param = "cursor"
    # Published in the OpenAPI document.
    count_description: ClassVar[str] = "The number of all rows. Absent with `cursor`."
    keyset: "KeysetPage | None" = None

    @override
    def paginate_queryset(
        self,
        queryset: Any,
        request: "Request",
        view: "APIView | None" = None,
    ) -> list[Any] | None:
        """Return a keyset page for `?cursor=`, else a numbered page."""
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
        """Leave out `count` on a keyset page."""
        if self.keyset is None:
            return super().get_paginated_response(data)
        return Response(
            {
                "next": self._cursor_link(self.keyset.next),
                "previous": self._cursor_link(self.keyset.previous),
                "results": data,
            }
        )

    @override
    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Describe `count` as optional."""
        page = super().get_paginated_response_schema(schema)
        page["required"] = ["next", "previous", "results"]
        page["properties"]["count"]["description"] = self.count_description
        return page

    @override
    def get_schema_operation_parameters(self, view: "APIView") -> list[dict[str, Any]]:
        """Add the parameter `cursor`."""
        cursor = {
            "name": self.cursor_query_param,
            "required": False,
            "in": "query",
            "description": "Cursor pagination, equally fast at any depth and without "
            "`count`: empty for the first page, then the value in `next` or "
            "`previous`. `page` is ignored.",
            "schema": {"type": "string"},
            "allowEmptyValue": True,
        }
        return [*super().get_schema_operation_parameters(view), cursor]

    def _cursor_link(self, cursor: str | None) -> str | None:
        """Return the request's URL with another cursor."""
        if cursor is None or self.request is None:
            return None
        url = self.request.build_absolute_uri()
        return replace_query_param(url, self.cursor_query_param, cursor)


class CachedCountPagination(StandardPagination):
    """Pages for very long lists: counts above 10,000 are cached for a minute.

    For lists whose exact count is too slow: set it as `pagination_class` of the view.
    """

    django_paginator_class = CachedCountPaginator
    count_description = (
        f"The number of all rows; above {EXACT_COUNT} it may be {COUNT_TTL_SECONDS} "
        "seconds old. Absent with `cursor`."
    )
