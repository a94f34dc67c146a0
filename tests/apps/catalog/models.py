"""Models."""

from typing import override

from django.core.validators import MinValueValidator
from django.db import models

from apps.catalog.managers import ProductQuerySet, SaleQuerySet
from apps.core.models import BaseModel


class Category(BaseModel):
    """A shelf of the shop."""

    name = models.CharField(max_length=100)
    slug = models.SlugField(unique=True)

    class Meta:
        """Model options."""

        ordering = ("name",)
        verbose_name_plural = "categories"

    @override
    def __str__(self) -> str:
        """Name the category in the administration.

        Returns:
            The name.
        """
        return self.name


class Product(BaseModel):
    """What is sold."""

    category = models.ForeignKey(
        Category, on_delete=models.PROTECT, related_name="products"
    )
    name = models.CharField(max_length=200)
    slug = models.SlugField(unique=True)
    price = models.DecimalField(
        max_digits=8, decimal_places=2, validators=[MinValueValidator(0)]
    )
    is_published = models.BooleanField(default=False)

    objects = ProductQuerySet.as_manager()

    class Meta:
        """Model options."""

        constraints = (
            models.CheckConstraint(
                condition=models.Q(price__gte=0), name="product_price_not_negative"
            ),
        )

    @override
    def __str__(self) -> str:
        """Name the product in the administration.

        Returns:
            The name.
        """
        return self.name


class Sale(BaseModel):
    """Some pieces of a product, sold at once."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="sales")
    quantity = models.PositiveIntegerField()
    sold_at = models.DateTimeField(db_index=True)

    objects = SaleQuerySet.as_manager()

    @override
    def __str__(self) -> str:
        """Name the sale in the administration.

        Returns:
            How many were sold.
        """
        return f"{self.quantity} pieces"
