"""Configuration of the invoices app."""

from django.apps import AppConfig


class InvoicesConfig(AppConfig):
    """The invoices app."""

    name = "apps.invoices"
