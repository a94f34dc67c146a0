"""Queries that models offer."""

from typing import Self

from django.db import models


class ProductQuerySet[Row: models.Model](models.QuerySet[Row]):
    """Products."""

    def published(self) -> Self:
        """Select what customers may see.

        Returns:
            The products, with their categories loaded.
        """
        return self.filter(is_published=True).select_related("category")


class SaleQuerySet[Row: models.Model](models.QuerySet[Row]):
    """Sales."""

    def of_category(self, slug: str) -> Self:
        """Select what was sold of a category.

        Args:
            slug: The category's.

        Returns:
            The sales.
        """
        return self.filter(product__category__slug=slug)
