"""E-mail messages."""

from email.utils import parseaddr
from smtplib import SMTPException
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.core.mail import EmailMessage

if TYPE_CHECKING:
    from apps.users.selectors import Profile

# What a mail server, or the way to it, can raise.
ERRORS: Final = (SMTPException, OSError)


def send_welcome(profile: "Profile") -> None:
    """Greet a new user.

    Args:
        profile: The user.

    Raises:
        SMTPException: If the mail server refuses the message.
        OSError: If the mail server cannot be reached.
    """
    title: str = settings.SPECTACULAR_SETTINGS["TITLE"]
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    EmailMessage(
        subject=f"Welcome to {title}",
        # Without the name: whoever opens an account for a stranger would write to them.
        body=f"Hello,\n\nyour account at {title} is open.\n",
        to=[profile["email"]],
        # The same in every attempt, so that mail servers recognise a repetition.
        headers={"Message-ID": f"<welcome.{profile['id']}@{domain}>"},
    ).send()
