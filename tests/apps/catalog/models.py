"""Models."""

from typing import override

from django.core.validators import MinValueValidator
from django.db import models

from apps.catalog.managers import ProductQuerySet, SaleQuerySet
from apps.core.models import BaseModel


class Category(BaseModel):
    """A category of products."""

    name = models.CharField(max_length=100)
    slug = models.SlugField(unique=True)

    class Meta:
        """Model options."""

        ordering = ("name",)
        verbose_name_plural = "categories"

    @override
    def __str__(self) -> str:
        """Return the name, which the admin shows."""
        return self.name


class Product(BaseModel):
    """A product."""

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
        """Return the name, which the admin shows."""
        return self.name


class Sale(BaseModel):
    """A sale of one or more pieces of a product."""

    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="sales")
    quantity = models.PositiveIntegerField()
    sold_at = models.DateTimeField(db_index=True)

    objects = SaleQuerySet.as_manager()

    @override
    def __str__(self) -> str:
        """Return the quantity, which the admin shows."""
        return f"{self.quantity} pieces"
