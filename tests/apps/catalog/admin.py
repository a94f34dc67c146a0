"""Admin."""

from typing import TYPE_CHECKING

from django.contrib import admin

from apps.catalog.models import Category, Product, Sale

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest


@admin.register(Category)
class CategoryAdmin(admin.ModelAdmin[Category]):
    """Categories."""

    search_fields = ("name",)


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin[Product]):
    """Products, with an action that publishes them."""

    list_display = ("name", "category", "price", "is_published")
    list_filter = ("is_published", "category")
    list_select_related = ("category",)
    search_fields = ("name", "slug")
    autocomplete_fields = ("category",)
    actions = ("publish",)

    @admin.action(description="Publish the selected products")
    def publish(self, _request: "HttpRequest", products: "QuerySet[Product]") -> None:
        """Publish the selected products."""
        products.update(is_published=True)


@admin.register(Sale)
class SaleAdmin(admin.ModelAdmin[Sale]):
    """Sales."""

    list_display = ("product", "quantity", "sold_at")
    list_select_related = ("product",)
    date_hierarchy = "sold_at"
    autocomplete_fields = ("product",)
