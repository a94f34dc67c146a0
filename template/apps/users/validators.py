"""Validators of email addresses, names and passwords."""

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

if TYPE_CHECKING:
    from apps.users.models import User

# Letters and symbols without a glyph.
_BLANK: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_BIDI_CONTROLS: Final = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
# Control characters, surrogates, and separators of lines and paragraphs.
_NOT_IN_NAMES: Final = {"Cc", "Cs", "Zl", "Zp"}
_validate_syntax: Final = EmailValidator(allowlist=[])


def validate_mailbox(email: str) -> None:
    """Accept only addresses that a mail server on the internet can have.

    Args:
        email: Normalized.

    Raises:
        ValidationError: If the domain is an IP address, `localhost` or not in ASCII, or
            the part before it is quoted or not in ASCII.
    """
    _validate_syntax(email)
    local, _, domain = email.rpartition("@")
    is_local = f".{domain}".endswith(".localhost")
    if not email.isascii() or local.startswith('"') or domain[0] == "[" or is_local:
        raise ValidationError(_validate_syntax.message, code=_validate_syntax.code)


def validate_display_name(name: str) -> None:
    """Accept only names that are visible and do not change the text around them.

    Args:
        name: May contain any script.

    Raises:
        ValidationError: If it contains control characters, also those of the writing
            direction, or nothing visible.
    """
    if any(
        unicodedata.category(character) in _NOT_IN_NAMES
        or unicodedata.bidirectional(character) in _BIDI_CONTROLS
        for character in name
    ):
        message = "Control characters are not allowed."
        raise ValidationError(message, code="control_characters")
    if not _is_visible(name):
        message = "This field may not be blank."
        raise ValidationError(message, code="blank")


class GuessablePasswordValidator:
    """Rejects blank passwords, and the project's name with or without digits."""

    def validate(self, password: str, _user: "User | None" = None) -> None:
        """Check a password.

        Args:
            password: In clear text.

        Raises:
            ValidationError: If anyone would guess the password.
        """
        name = _letters(settings.SPECTACULAR_SETTINGS["TITLE"])
        if not _is_visible(password) or (name and _letters(password) == name):
            raise ValidationError(self.get_help_text(), code="password_guessable")

    def get_help_text(self) -> str:
        """Return the rule."""
        return "The password must not be blank or the name of this service."


class ReusedPasswordValidator:
    """Rejects the current password as the new one."""

    def validate(self, password: str, user: "User | None" = None) -> None:
        """Check a password.

        Args:
            password: In clear text.
            user: Has no password before registration, and no check then.

        Raises:
            ValidationError: If the user has this password.
        """
        if user and user.password and user.check_password(password):
            raise ValidationError(self.get_help_text(), code="password_reused")

    def get_help_text(self) -> str:
        """Return the rule."""
        return "The new password must differ from the current one."


def _is_visible(text: str) -> bool:
    """Return whether a text contains more than spaces and invisible characters."""
    return any(
        unicodedata.category(character)[0] not in "CZ" and character not in _BLANK
        for character in text
    )


def _letters(text: str) -> str:
    """Return the letters of a text in lower case."""
    return re.sub(r"[\W\d_]", "", text).casefold()
