"""Admin."""

from django.contrib import admin

from apps.invoices.models import Invoice, Line


class LineInline(admin.TabularInline[Line, Invoice]):
    """The lines of an invoice."""

    model = Line
    extra = 0


@admin.register(Invoice)
class InvoiceAdmin(admin.ModelAdmin[Invoice]):
    """Invoices with their lines."""

    list_display = ("number", "user", "status")
    list_select_related = ("user",)
    search_fields = ("number",)
    autocomplete_fields = ("user",)
    inlines = (LineInline,)
