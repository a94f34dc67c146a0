"""Filters of list endpoints."""

from typing import TYPE_CHECKING, override

import django_filters

from apps.users import selectors
from apps.users.models import User

if TYPE_CHECKING:
    from django.db.models import QuerySet


class UserFilter(django_filters.FilterSet):
    """Filters of the list of users."""

    search = django_filters.CharFilter(
        max_length=255,
        help_text="Part of the name or email address; case-insensitive. One or two "
        "characters match only the start of a word of the name, or of the address.",
    )
    role = django_filters.ChoiceFilter(choices=User.Role.choices)

    class Meta:
        """Filter options."""

        model = User
        fields = ("search", "role")

    @override
    def filter_queryset(self, queryset: "QuerySet[User]") -> "QuerySet[User]":
        """Filter with the selector instead of one filter after the other."""
        filters = self.form.cleaned_data
        if not any(filters.values()):
            return queryset
        return queryset & selectors.list_active(**filters)
