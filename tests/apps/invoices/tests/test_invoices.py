"""Tests of the invoices app."""

from decimal import Decimal
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from apps.invoices import selectors, services
from apps.invoices.models import Invoice, Line, Receipt
from apps.invoices.tests.factories import InvoiceFactory, LineFactory

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django import (
        DjangoAssertNumQueries,
        DjangoCaptureOnCommitCallbacks,
        Settings,
    )
    from rest_framework.test import APIClient

    from apps.users.models import User

pytestmark = pytest.mark.django_db

LIST_URL = reverse("invoice-list")
LINES = [{"text": "Work", "amount": "90.00"}, {"text": "Travel", "amount": "10.00"}]


@pytest.fixture(autouse=True)
def _media(settings: "Settings", tmp_path: "Path") -> None:
    """Store uploads in a temporary folder."""
    settings.MEDIA_ROOT = tmp_path


def test_an_invoice_is_written_with_its_lines(
    user_client: "APIClient", user: "User"
) -> None:
    response = user_client.post(LIST_URL, {"number": "r-1", "lines": LINES})

    assert response.status_code == HTTPStatus.CREATED
    assert (response.json()["number"], response.json()["lines"]) == ("R-1", LINES)
    assert selectors.total(invoice=Invoice.objects.get(user=user)) == Decimal(100)
    assert selectors.total(invoice=None) is None


def test_a_bad_line_is_named_and_nothing_written(user_client: "APIClient") -> None:
    lines = [LINES[0], {"text": "", "amount": "1"}]
    response = user_client.post(LIST_URL, {"number": "R-1", "lines": lines})

    assert response.status_code == HTTPStatus.BAD_REQUEST
    assert response.json()["errors"][0]["attr"] == "lines.1.text"
    assert not Line.objects.exists()


def test_an_invoice_with_the_sum_zero_is_rejected(user_client: "APIClient") -> None:
    lines = [{"text": "Gift", "amount": "0"}]
    response = user_client.post(LIST_URL, {"number": "R-1", "lines": lines})

    assert response.json()["errors"][0]["attr"] == "lines"


def test_a_number_is_used_once(user_client: "APIClient", user: "User") -> None:
    InvoiceFactory.create(user=user, number="R-1")
    response = user_client.post(LIST_URL, {"number": "R-1", "lines": LINES})

    assert response.status_code == HTTPStatus.CONFLICT


def test_a_number_is_readable(user: "User") -> None:
    with pytest.raises(ValidationError):
        services.create(user=user, number="  ", lines=[])


def test_the_list_takes_few_queries(
    user_client: "APIClient",
    user: "User",
    django_assert_max_num_queries: "DjangoAssertNumQueries",
) -> None:
    invoices = InvoiceFactory.create_batch(5, user=user)
    for invoice in invoices:
        LineFactory.create(invoice=invoice)
    InvoiceFactory.create()

    with django_assert_max_num_queries(5):
        assert user_client.get(LIST_URL).json()["count"] == len(invoices)


def test_lines_are_replaced_until_it_is_sent(
    user_client: "APIClient", user: "User"
) -> None:
    invoice = LineFactory.create(invoice__user=user).invoice
    url = reverse("invoice-detail", args=[invoice.pk])

    changed = user_client.put(url, {"lines": LINES})
    shown = user_client.get(url)
    invoice.status = Invoice.Status.SENT
    invoice.save()
    rejected = user_client.put(url, {"lines": LINES})

    assert changed.json() == shown.json()
    assert shown.json()["lines"] == LINES
    assert rejected.status_code == HTTPStatus.CONFLICT


def test_invoices_of_others_do_not_exist(
    user_client: "APIClient", admin_client: "APIClient"
) -> None:
    url = reverse("invoice-detail", args=[InvoiceFactory.create().pk])

    assert user_client.get(url).status_code == HTTPStatus.NOT_FOUND
    assert admin_client.get(url).status_code == HTTPStatus.OK


def test_strangers_have_to_authenticate(anonymous_client: "APIClient") -> None:
    assert anonymous_client.get(LIST_URL).status_code == HTTPStatus.UNAUTHORIZED


def test_a_receipt_settles_the_invoice(
    user_client: "APIClient",
    user: "User",
    django_capture_on_commit_callbacks: "DjangoCaptureOnCommitCallbacks",
) -> None:
    invoice = InvoiceFactory.create(user=user)
    url = reverse("receipt-list", args=[invoice.pk])
    file = SimpleUploadedFile("proof.pdf", b"%PDF-1.7")

    with django_capture_on_commit_callbacks(execute=True):
        response = user_client.post(url, {"file": file}, format="multipart")

    assert response.status_code == HTTPStatus.CREATED
    receipt = Receipt.objects.get(pk=response.json()["id"])
    assert receipt.file.read() == b"%PDF-1.7"
    assert receipt.invoice.status == Invoice.Status.PAID

    with django_capture_on_commit_callbacks(execute=True):
        services.delete_receipt(receipt=receipt)
    assert not receipt.file.storage.exists(str(receipt.file))


def test_a_large_file_is_rejected(user_client: "APIClient", user: "User") -> None:
    url = reverse("receipt-list", args=[InvoiceFactory.create(user=user).pk])
    file = SimpleUploadedFile("proof.pdf", b"x" * 100_001)

    response = user_client.post(url, {"file": file}, format="multipart")

    assert response.json()["errors"][0]["attr"] == "file"
