"""Factories of the app's rows."""

import datetime

import factory

from apps.catalog.models import Category, Product, Sale


class CategoryFactory(factory.django.DjangoModelFactory[Category]):
    """Categories."""

    class Meta:
        """Factory options."""

        model = Category

    name = factory.Faker("word")
    slug = factory.Sequence(lambda number: f"category-{number}")


class ProductFactory(factory.django.DjangoModelFactory[Product]):
    """Published products."""

    class Meta:
        """Factory options."""

        model = Product

    category = factory.SubFactory(CategoryFactory)
    name = factory.Faker("word")
    slug = factory.Sequence(lambda number: f"product-{number}")
    price = 20
    is_published = True


class SaleFactory(factory.django.DjangoModelFactory[Sale]):
    """Sales of one piece."""

    class Meta:
        """Factory options."""

        model = Sale

    product = factory.SubFactory(ProductFactory)
    quantity = 1
    sold_at = datetime.datetime(2026, 5, 4, tzinfo=datetime.UTC)
