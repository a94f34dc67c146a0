"""The rows of users, as the database holds them."""

from typing import TYPE_CHECKING, Any

from apps.users.models import User

if TYPE_CHECKING:
    from collections.abc import Collection


def stored_row(user: User, *, without: "Collection[str]" = ()) -> dict[str, Any]:
    """Return the columns of a user's row, except those that may change."""
    row: dict[str, Any] = dict(User.objects.filter(pk=user.pk).values().get())
    return {column: row[column] for column in row.keys() - set(without)}
