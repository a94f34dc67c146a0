"""Filters of list endpoints."""

from typing import TYPE_CHECKING

import django_filters

from apps.catalog import selectors
from apps.catalog.models import Product

if TYPE_CHECKING:
    from django.db.models import QuerySet


class ProductFilter(django_filters.FilterSet):
    """`?category=slug`, `?price_min=`, `?price_max=`, `?cheap=true`."""

    category = django_filters.ModelChoiceFilter(
        queryset=selectors.categories(), to_field_name="slug"
    )
    price = django_filters.RangeFilter()
    cheap = django_filters.BooleanFilter(method="filter_cheap")

    class Meta:
        """Filter options."""

        model = Product
        fields = ("category", "price", "cheap")

    def filter_cheap(
        self, queryset: "QuerySet[Product]", _name: str, *value: bool
    ) -> "QuerySet[Product]":
        """Return products with a price below ten, or all others.

        Args:
            queryset: The products so far.
            _name: The filter's name.
            *value: Whether cheap ones are wanted.
        """
        cheap = queryset.filter(price__lt=10)
        return cheap if all(value) else queryset.exclude(pk__in=cheap)
