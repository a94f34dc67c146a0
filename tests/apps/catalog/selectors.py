"""Reads."""

from decimal import Decimal
from typing import TYPE_CHECKING, TypedDict

from django.db.models import Count, F, Q, Sum
from django.db.models.functions import TruncMonth

from apps.catalog.models import Category, Product, Sale

if TYPE_CHECKING:
    import datetime

    from django.db.models import QuerySet


class Month(TypedDict):
    """The revenue of a month."""

    month: "datetime.datetime"
    revenue: Decimal


class Summary(TypedDict):
    """The revenue report."""

    total: Decimal
    months: list[Month]
    by_category: dict[str, int]


def categories() -> "QuerySet[Category]":
    """Return all categories by name."""
    return Category.objects.order_by("name")


def products() -> "QuerySet[Product]":
    """Return the published products, newest first."""
    return Product.objects.published().order_by("-created_at", "pk")


def summary(*, since: "datetime.date | None" = None, category: str = "") -> Summary:
    """Return the revenue report.

    Args:
        since: The first day that counts; None for all.
        category: The slug of the only category that counts; empty for all.
    """
    sales = Sale.objects.all()
    if since is not None:
        sales = sales.filter(sold_at__date__gte=since)
    if category:
        sales = sales.of_category(category)
    by_month = sales.annotate(month=TruncMonth("sold_at")).values("month")
    revenue = Sum(F("quantity") * F("product__price"))
    rows = by_month.annotate(revenue=revenue).order_by("-month")
    months: list[Month] = [
        {"month": row["month"], "revenue": row["revenue"]} for row in rows
    ]
    counted: dict[str, int] = {}
    counted.update(
        Category.objects.annotate(
            published=Count("products", filter=Q(products__is_published=True))
        ).values_list("slug", "published")
    )
    return {
        "total": sum((month["revenue"] for month in months), start=Decimal("0.00")),
        "months": months,
        "by_category": counted,
    }
