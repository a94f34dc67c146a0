"""Pagination."""

from rest_framework.pagination import PageNumberPagination


class StandardPagination(PageNumberPagination):
    """Pages of 20 rows; `?page_size=` asks for up to 100."""

    page_size_query_param = "page_size"
    max_page_size = 100
