"""Serializers."""

from typing import ClassVar

from rest_framework import serializers

from apps.catalog.models import Category, Product
from apps.catalog.selectors import Month, Summary


class CategorySerializer(serializers.ModelSerializer[Category]):
    """A category in a response."""

    class Meta:
        """Serializer options."""

        model = Category
        fields: ClassVar[list[str]] = ["name", "slug"]


class ProductSerializer(serializers.ModelSerializer[Product]):
    """A product in a response."""

    category = CategorySerializer(read_only=True)
    caption = serializers.SerializerMethodField()

    class Meta:
        """Serializer options."""

        model = Product
        fields: ClassVar[list[str]] = ["name", "slug", "price", "caption", "category"]
        read_only_fields = fields

    def get_caption(self, product: Product) -> str:
        """Return the caption of the product's picture.

        Args:
            product: The product.
        """
        return f"{product.name} ({product.category.name})"


class RevenueQuerySerializer(serializers.Serializer[None]):
    """The query parameters of the report."""

    since = serializers.DateField(required=False)
    category = serializers.SlugField(required=False)


class MonthSerializer(serializers.Serializer[Month]):
    """The revenue of a month."""

    month = serializers.DateTimeField()
    revenue = serializers.DecimalField(max_digits=12, decimal_places=2)


class RevenueSerializer(serializers.Serializer[Summary]):
    """The revenue report."""

    total = serializers.DecimalField(max_digits=12, decimal_places=2)
    months = MonthSerializer(many=True)
    by_category = serializers.DictField(child=serializers.IntegerField())
