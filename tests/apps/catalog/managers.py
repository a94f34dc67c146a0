"""Querysets of the models."""

from typing import Self

from django.db import models


class ProductQuerySet[Row: models.Model](models.QuerySet[Row]):
    """Products."""

    def published(self) -> Self:
        """Return the published products, newest first."""
        return self.filter(is_published=True).select_related("category")


class SaleQuerySet[Row: models.Model](models.QuerySet[Row]):
    """Sales."""

    def of_category(self, slug: str) -> Self:
        """Return the sales of a category.

        Args:
            slug: The category's.
        """
        return self.filter(product__category__slug=slug)
