"""Admin."""

from typing import TYPE_CHECKING, Any, Final, cast, override

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin as BaseUserAdmin
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.utils.decorators import method_decorator

from apps.core.exceptions import ForbiddenError
from apps.users import privileges, services
from apps.users.forms import OwnPasswordForm, ThrottledLoginForm, UserForm
from apps.users.models import AuthSession, User

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet
    from django.forms import ModelForm
    from django.http import HttpRequest, HttpResponse

admin.site.login_form = ThrottledLoginForm
admin.site.password_change_form = OwnPasswordForm


PRIVILEGES: Final = ("role", "is_staff", "is_superuser", "groups", "user_permissions")


@admin.register(User)
class UserAdmin(BaseUserAdmin[User]):
    """Admin of users; every change ends stale sessions."""

    form = UserForm
    ordering = ("email",)
    list_display = ("email", "name", "role", "is_active", "is_staff", "created_at")
    list_filter = ("role", "is_active", "is_staff")
    search_fields = ("email", "name")
    readonly_fields = ("last_login", "created_at", "updated_at")
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        ("Profile", {"fields": ("name", "phone")}),
        (
            "Permissions",
            {
                "fields": (
                    "role",
                    "is_active",
                    "is_staff",
                    "is_superuser",
                    "groups",
                    "user_permissions",
                )
            },
        ),
        ("Dates", {"fields": ("last_login", "created_at", "updated_at")}),
    )
    add_fieldsets = (
        (
            None,
            {"fields": ("email", "name", "usable_password", "password1", "password2")},
        ),
    )

    @override
    def get_readonly_fields(
        self, request: "HttpRequest", obj: User | None = None
    ) -> tuple[str, ...]:
        """Add the privileges, unless the actor is a superuser."""
        added = () if request.user.is_superuser else PRIVILEGES
        return (*super().get_readonly_fields(request, obj), *added)

    @override
    def has_change_permission(
        self, request: "HttpRequest", obj: User | None = None
    ) -> bool:
        """Protect other privileged users; this covers their passwords, too."""
        allowed = super().has_change_permission(request, obj)
        return allowed and _can_change(request, obj)

    @override
    def has_delete_permission(
        self, request: "HttpRequest", obj: User | None = None
    ) -> bool:
        """Protect other privileged users."""
        allowed = super().has_delete_permission(request, obj)
        return allowed and _can_change(request, obj)

    @override
    def get_deleted_objects(
        self, objs: "Sequence[User] | QuerySet[User]", request: "HttpRequest"
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """Protect the last active admin."""
        to_delete, counts, perms_needed, protected = super().get_deleted_objects(
            objs, request
        )
        try:
            privileges.check_admin_remains(without=objs)
        except ForbiddenError as error:
            protected = [*protected, str(error.detail)]
        return to_delete, counts, perms_needed, protected

    @override
    def save_model(
        self,
        request: "HttpRequest",
        obj: User,
        form: "ModelForm[User]",
        change: bool,
    ) -> None:
        """Invalidate the user after saving."""
        super().save_model(request, obj, form, change)
        services.invalidate_user(user=obj)

    # The admin site checks more than this; tests/test_architecture.py asks for it.
    @method_decorator(login_required)
    @override
    def user_change_password(
        self, request: "HttpRequest", id: str, form_url: str = ""
    ) -> "HttpResponse":
        """Invalidate the user after a change, which does not call `save_model`."""
        response = super().user_change_password(request, id, form_url)
        user = self.get_object(request, unquote(id))
        if user and request.method == "POST":
            services.invalidate_user(user=user)
        return response

    @transaction.atomic
    @override
    def delete_queryset(
        self, request: "HttpRequest", queryset: "QuerySet[User]"
    ) -> None:
        """Check again, as the action has no transaction, and invalidate the users."""
        users = list(queryset)
        privileges.check_admin_remains(without=users)
        super().delete_queryset(request, queryset)
        for user in users:
            services.invalidate_user(user=user)

    @override
    def delete_model(self, request: "HttpRequest", obj: User) -> None:
        """Invalidate the user after the deletion."""
        self.delete_queryset(request, User.objects.filter(pk=obj.pk))


def _can_change(request: "HttpRequest", user: User | None) -> bool:
    """Return whether a user, if any, is not protected from the actor."""
    return user is None or privileges.can_change_in_admin(
        user=user, actor=cast("User", request.user)
    )


@admin.register(AuthSession)
class AuthSessionAdmin(admin.ModelAdmin[AuthSession]):
    """Admin of sessions; deleting one ends it."""

    list_display = ("user", "created_at", "expires_at")
    search_fields = ("user__email",)
    readonly_fields = ("user", "created_at", "expires_at")

    @override
    def delete_queryset(
        self, request: "HttpRequest", queryset: "QuerySet[AuthSession]"
    ) -> None:
        """End the sessions with the service."""
        for session in queryset:
            services.logout(session=session)

    @override
    def delete_model(self, request: "HttpRequest", obj: AuthSession) -> None:
        """End the session with the service."""
        services.logout(session=obj)

    @override
    def has_add_permission(self, request: "HttpRequest") -> bool:
        """Return False: nobody would know the token of the session."""
        return False
