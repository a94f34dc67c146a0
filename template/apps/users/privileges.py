"""Who may change which account, and the rules that protect the last admin."""

from typing import TYPE_CHECKING

from django.db import transaction

from apps.core.exceptions import ForbiddenError
from apps.users import selectors

if TYPE_CHECKING:
    from collections.abc import Iterable

    from apps.users.models import User


def check_change(*, user: "User", actor: "User", role: str | None) -> None:
    """Check that a user may change an account; a demotion locks the active admins.

    Args:
        user: The account; only superusers change that of a superuser.
        actor: The user who makes the change.
        role: The role after the change. None: the role stays.

    Raises:
        ForbiddenError: If the actor may not change the account or the role.
    """
    _check_superuser(user, actor)
    if role in {None, user.role}:
        return
    if not actor.is_admin or actor == user:
        message = "Only another admin can change a role."
        raise ForbiddenError(message)
    check_admin_remains(without=[user])


def check_deactivation(*, user: "User", actor: "User") -> None:
    """Check that a user may deactivate an account, and lock the active admins.

    Args:
        user: The account; only superusers deactivate that of a superuser.
        actor: The user who makes the change.

    Raises:
        ForbiddenError: If the actor may not deactivate the account.
    """
    _check_superuser(user, actor)
    if actor == user:
        message = "You cannot deactivate your own account."
        raise ForbiddenError(message)
    check_admin_remains(without=[user])


@transaction.atomic
def check_admin_remains(*, without: "Iterable[User]") -> None:
    """Check that an active admin remains, and lock the active admins.

    Args:
        without: Users who are about to be demoted, deactivated or deleted.

    Raises:
        ForbiddenError: If these users include all active admins.
    """
    # Two transactions in which admins remove each other run one after the other.
    admins = selectors.lock_active_admins()
    if admins and admins <= {user.pk for user in without}:
        message = "The last active admin cannot be demoted, deactivated or deleted."
        raise ForbiddenError(message)


def can_change_in_admin(*, user: "User", actor: "User") -> bool:
    """Return whether staff can change or delete a user in the admin.

    Args:
        user: Only superusers change other privileged users.
        actor: The member of staff.
    """
    # Who sets the password of an account gains its privileges.
    return actor.is_superuser or actor == user or not user.is_privileged


def _check_superuser(user: "User", actor: "User") -> None:
    """Reject a change of a superuser by another user."""
    if user.is_superuser and not actor.is_superuser:
        message = "Only a superuser can change a superuser."
        raise ForbiddenError(message)
