"""Factories of the app's rows."""

import factory

from apps.invoices.models import Invoice, Line
from apps.users.tests.factories import UserFactory


class InvoiceFactory(factory.django.DjangoModelFactory[Invoice]):
    """Drafts without lines."""

    class Meta:
        """Factory options."""

        model = Invoice

    user = factory.SubFactory(UserFactory)
    number = factory.Sequence(lambda number: f"R-{number}")


class LineFactory(factory.django.DjangoModelFactory[Line]):
    """The first line of an invoice."""

    class Meta:
        """Factory options."""

        model = Line

    invoice = factory.SubFactory(InvoiceFactory)
    position = 0
    text = factory.Faker("word")
    amount = 10
