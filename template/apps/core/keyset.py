"""Pages that begin beyond a row instead of at a number.

The database finds the row in an index, so such a page costs the same at any depth, and
rows that come or go meanwhile shift no others. REST framework's cursors skip rows that
share their value of the first field with a row beyond, counting them: after a thousand
equal values they repeat a page for ever. Here the primary key tells equal rows apart.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.core import signing
from django.db.models import Q
from rest_framework.exceptions import NotFound, ValidationError

if TYPE_CHECKING:
    from django.db.models import Field, Model, QuerySet

SALT: Final = "apps.core.keyset"
NO_CURSOR: Final = "This list has no cursor in this order; page it by number."


@dataclass(frozen=True)
class KeysetPage:
    """Rows, and the cursors of the pages beside them."""

    rows: list[Any]
    next: str | None
    previous: str | None


def keyset_page(queryset: "QuerySet[Any]", *, cursor: str, size: int) -> KeysetPage:
    """Load a page.

    Args:
        queryset: The rows, in an order by columns that are never null.
        cursor: Where the page begins, as a page beside it told; empty for the first.
        size: The number of rows.

    Raises:
        NotFound: If the cursor is not one that was made for this order.
        ValidationError: If there is no cursor for this order.

    Returns:
        The page.
    """
    order = total_order(queryset)
    backwards, values = read_cursor(cursor, order) if cursor else (False, [])
    rows = queryset.order_by(*order)
    if backwards:
        rows = rows.reverse()
    if values:
        rows = rows.filter(beyond(order, values, backwards=backwards))
    found = list(rows[: size + 1])
    page, more = found[:size], len(found) > size
    if backwards:
        page.reverse()
    has_next, has_previous = (True, more) if backwards else (more, bool(values))
    return KeysetPage(
        page,
        make_cursor(order, page[-1], backwards=False) if page and has_next else None,
        make_cursor(order, page[0], backwards=True) if page and has_previous else None,
    )


def total_order(queryset: "QuerySet[Any]") -> list[str]:
    """List the columns that put each row at one place.

    Args:
        queryset: The rows.

    Raises:
        ValidationError: If they are no models, reversed, or ordered by what is no
            column of theirs, may be null or was named before.

    Returns:
        The order, up to the first unique column.
    """
    refusal = ValidationError({"cursor": NO_CURSOR})
    terms = with_primary_key(queryset)
    if not terms or not queryset.query.standard_ordering:
        raise refusal
    fields = columns(queryset.model)
    order: list[str] = []
    for term in terms:
        field = fields.pop(str(term).removeprefix("-"), None)
        if field is None or field.null or field.is_relation:
            raise refusal
        order.append(term)
        if field.unique:
            break
    return order


def with_total_order(queryset: "QuerySet[Any]") -> "QuerySet[Any]":
    """Tell equal rows apart, so that no page by number repeats or skips one.

    Args:
        queryset: The rows.

    Returns:
        The rows, as they were if they are no models, or already sliced or united.
    """
    try:
        order: list[Any] = total_order(queryset)
    except ValidationError:
        order = with_primary_key(queryset)
    return queryset.order_by(*order) if order else queryset


def with_primary_key(queryset: "QuerySet[Any]") -> list[Any]:
    """List what rows are ordered by, and last their primary key.

    Args:
        queryset: The rows.

    Returns:
        The terms; none if the key cannot follow them.
    """
    # A view may also list what is no queryset.
    query = getattr(queryset, "query", None)
    if not query or query.selected is not None or query.combinator or query.is_sliced:
        return []
    return [*(query.order_by or queryset.model._meta.ordering), "pk"]


def columns(model: "type[Model]") -> "dict[str, Field[Any, Any]]":
    """Find a model's fields by the names that orders use.

    Args:
        model: The model.

    Returns:
        The fields.
    """
    return {field.name: field for field in model._meta.fields} | {"pk": model._meta.pk}


def beyond(order: list[str], values: list[str], *, backwards: bool) -> Q:
    """Select what comes after a row, or before it.

    Args:
        order: The order.
        values: The row's values.
        backwards: Whether to select what comes before.

    Returns:
        The condition. It holds a range of the first column by itself, as an index of
        that column serves no alternatives.
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


def make_cursor(order: list[str], row: "Model", *, backwards: bool) -> str:
    """Write down where a page begins.

    Args:
        order: The order.
        row: The row next to the page.
        backwards: Whether the page is before it.

    Returns:
        The cursor. It is signed, so that what comes back are values of these columns.
    """
    fields = columns(type(row))
    values = [fields[term.removeprefix("-")].value_to_string(row) for term in order]
    return signing.dumps([order, backwards, values], salt=SALT)


def read_cursor(cursor: str, order: list[str]) -> tuple[bool, list[str]]:
    """Read where a page begins.

    Args:
        cursor: The cursor.
        order: The order that it has to be of.

    Raises:
        NotFound: If it is not.

    Returns:
        Whether the page is before the row, and the row's values.
    """
    try:
        made_for, backwards, values = signing.loads(cursor, salt=SALT)
    except signing.BadSignature:
        made_for = None
    if made_for != order:
        message = "Invalid cursor."
        raise NotFound(message)
    return backwards, values
