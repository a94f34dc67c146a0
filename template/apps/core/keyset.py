"""Keyset (cursor) pagination, which costs the same at any depth."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.core import signing
from django.db.models import Q
from rest_framework.exceptions import NotFound, ValidationError

if TYPE_CHECKING:
    from django.db.models import Field, Model, QuerySet

SALT: Final = "apps.core.keyset"
NO_CURSOR: Final = "This ordering does not support cursors; use page numbers."


@dataclass(frozen=True)
class KeysetPage:
    """Rows, and the cursors of the next and the previous page."""

    rows: list[Any]
    next: str | None
    previous: str | None


def keyset_page(queryset: "QuerySet[Any]", *, cursor: str, size: int) -> KeysetPage:
    """Return a page.

    Args:
        queryset: Ordered by columns that cannot be null.
        cursor: From `KeysetPage.next` or `previous`; empty for the first page.
        size: Maximum number of rows.
    """
    order = total_order(queryset)
    backwards, values = decode_cursor(cursor, order) if cursor else (False, [])
    rows = queryset.order_by(*order)
    if backwards:
        rows = rows.reverse()
    if values:
        rows = rows.filter(keyset_filter(order, values, backwards=backwards))
    found = list(rows[: size + 1])
    page, more = found[:size], len(found) > size
    if backwards:
        page.reverse()
    has_next, has_previous = (True, more) if backwards else (more, bool(values))
    return KeysetPage(
        page,
        encode_cursor(order, page[-1], backwards=False) if page and has_next else None,
        encode_cursor(order, page[0], backwards=True)
        if page and has_previous
        else None,
    )


# REST framework's `CursorPagination` repeats a page forever after a thousand rows with
# equal values in the first column; here the primary key orders them.
def total_order(queryset: "QuerySet[Any]") -> list[str]:
    """Return the order of a queryset with the primary key, up to a unique column.

    Args:
        queryset: Ordered by columns of its model that cannot be null.

    Raises:
        ValidationError: If the queryset has no such order.
    """
    error = ValidationError({"cursor": NO_CURSOR})
    terms = _order_with_primary_key(queryset)
    if not terms or not queryset.query.standard_ordering:
        raise error
    fields = _fields_by_name(queryset.model)
    order: list[str] = []
    for term in terms:
        # Popped, because an order that names a column twice has no cursor.
        field = fields.pop(str(term).removeprefix("-"), None)
        if field is None or field.null or field.is_relation:
            raise error
        order.append(term)
        if field.unique:
            break
    return order


def with_total_order(queryset: "QuerySet[Any]") -> "QuerySet[Any]":
    """Return the rows with equal ones ordered by primary key.

    Args:
        queryset: Returned unchanged if it is sliced, combined or not a queryset of
            model instances.
    """
    try:
        order: list[Any] = total_order(queryset)
    except ValidationError:
        order = _order_with_primary_key(queryset)
    return queryset.order_by(*order) if order else queryset


def keyset_filter(order: list[str], values: list[str], *, backwards: bool) -> Q:
    """Return the condition for the rows after a row, with a range an index can serve.

    Args:
        order: From `total_order`.
        values: The row's values of these columns.
        backwards: Whether to select the rows before it instead.
    """
    condition = Q()
    for term, value in zip(reversed(order), reversed(values), strict=True):
        name = term.removeprefix("-")
        lookup = "lt" if term.startswith("-") != backwards else "gt"
        strictly = Q(**{f"{name}__{lookup}": value})
        if condition:
            condition = Q(**{f"{name}__{lookup}e": value}) & (strictly | condition)
        else:
            condition = strictly
    return condition


def encode_cursor(order: list[str], row: "Model", *, backwards: bool) -> str:
    """Return the cursor of a page, signed so that clients cannot choose its values.

    Args:
        order: From `total_order`.
        row: The row next to the page.
        backwards: Whether the page is before the row.
    """
    fields = _fields_by_name(type(row))
    values = [fields[term.removeprefix("-")].value_to_string(row) for term in order]
    return signing.dumps([order, backwards, values], salt=SALT)


def decode_cursor(cursor: str, order: list[str]) -> tuple[bool, list[str]]:
    """Return whether the page is before the row, and the row's values.

    Args:
        cursor: From the client.
        order: The current order of the list.

    Raises:
        NotFound: If the cursor is invalid or belongs to another order.
    """
    try:
        cursor_order, backwards, values = signing.loads(cursor, salt=SALT)
    except signing.BadSignature:
        cursor_order = None
    if cursor_order != order:
        message = "Invalid cursor."
        raise NotFound(message)
    return backwards, values


def _order_with_primary_key(queryset: "QuerySet[Any]") -> list[Any]:
    """Return the terms of the order; empty if the primary key cannot be added."""
    # A view may also list objects that are not a queryset.
    query = getattr(queryset, "query", None)
    if not query or query.selected is not None or query.combinator or query.is_sliced:
        return []
    return [*(query.order_by or queryset.model._meta.ordering), "pk"]


def _fields_by_name(model: "type[Model]") -> "dict[str, Field[Any, Any]]":
    """Return a model's fields by the names that an order can use."""
    return {field.name: field for field in model._meta.fields} | {"pk": model._meta.pk}
