"""Tests of the catalog app."""

import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from apps.catalog.tests.factories import CategoryFactory, ProductFactory, SaleFactory

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries
    from rest_framework.test import APIClient

pytestmark = pytest.mark.django_db


def test_everybody_sees_what_is_published(
    anonymous_client: "APIClient",
    django_assert_max_num_queries: "DjangoAssertNumQueries",
) -> None:
    products = ProductFactory.create_batch(5)
    hidden = ProductFactory.create(is_published=False)

    with django_assert_max_num_queries(2):
        listed = anonymous_client.get(reverse("product-list")).json()
    shown = anonymous_client.get(reverse("product-detail", args=[hidden.slug]))

    assert listed["count"] == len(listed["results"]) == len(products)
    assert shown.status_code == HTTPStatus.NOT_FOUND


def test_nobody_writes(admin_client: "APIClient") -> None:
    response = admin_client.post(reverse("product-list"), {"name": "Pen"})

    assert response.status_code == HTTPStatus.METHOD_NOT_ALLOWED


def test_filters(anonymous_client: "APIClient") -> None:
    pen, desk = ProductFactory.create(price=2), ProductFactory.create(price=200)
    url = reverse("product-list")

    def names(**query: str) -> list[str]:
        results = anonymous_client.get(url, query).json()["results"]
        return [product["slug"] for product in results]

    assert names(cheap="true") == names(price_max="10") == [pen.slug]
    assert names(cheap="false") == names(category=desk.category.slug) == [desk.slug]
    assert names(ordering="price") == [pen.slug, desk.slug]


def test_a_product_names_its_category(anonymous_client: "APIClient") -> None:
    product = ProductFactory.create()
    url = reverse("product-category", args=[product.slug])

    assert anonymous_client.get(url).json()["slug"] == product.category.slug


def test_the_report_adds_up_months(admin_client: "APIClient") -> None:
    pens = CategoryFactory.create(slug="pens")
    may = datetime.datetime(2026, 5, 30, tzinfo=datetime.UTC)
    june = datetime.datetime(2026, 6, 1, tzinfo=datetime.UTC)
    SaleFactory.create(quantity=3, sold_at=may, product__category=pens)
    SaleFactory.create(sold_at=may, product__price=5)
    SaleFactory.create(sold_at=june)
    url = reverse("revenue")

    report = admin_client.get(url).json()
    june_only = admin_client.get(url, {"since": "2026-06-01"}).json()
    pens_only = admin_client.get(url, {"category": "pens"}).json()

    assert [row["revenue"] for row in report["months"]] == ["20.00", "65.00"]
    assert (june_only["total"], pens_only["total"]) == ("20.00", "60.00")
    assert report["by_category"]["pens"] == 1


def test_the_report_rejects_bad_dates(admin_client: "APIClient") -> None:
    response = admin_client.get(reverse("revenue"), {"since": "yesterday"})

    assert response.status_code == HTTPStatus.BAD_REQUEST
    assert response.json()["errors"][0]["attr"] == "since"


def test_the_report_is_for_admins(user_client: "APIClient") -> None:
    response = user_client.get(reverse("revenue"))

    assert response.status_code == HTTPStatus.FORBIDDEN
