"""Filters of list endpoints."""

from typing import TYPE_CHECKING, override

import django_filters

from apps.users import selectors
from apps.users.models import User

if TYPE_CHECKING:
    from django.db.models import QuerySet


class UserFilter(django_filters.FilterSet):
    """`?search=` in name and e-mail address, `?role=`."""

    search = django_filters.CharFilter(
        max_length=255,
        help_text="Part of the name or the e-mail address; one or two characters have "
        "to begin a word of the name, or the address.",
    )
    role = django_filters.ChoiceFilter(choices=User.Role.choices)

    class Meta:
        """Filter options."""

        model = User
        fields = ("search", "role")

    @override
    def filter_queryset(self, queryset: "QuerySet[User]") -> "QuerySet[User]":
        """Let the selector apply the checked parameters.

        Args:
            queryset: The users the view lists.

        Returns:
            The users that match.
        """
        asked = self.form.cleaned_data
        if not any(asked.values()):
            return queryset
        return queryset & selectors.list_active(**asked)
