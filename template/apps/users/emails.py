"""Email messages."""

from email.utils import parseaddr
from smtplib import SMTPException
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.core.cache import cache
from django.core.mail import EmailMessage

if TYPE_CHECKING:
    from apps.users.selectors import Profile

# What a mail server, or the connection to it, can raise.
ERRORS: Final = (SMTPException, OSError)
WELCOME_SENT_SECONDS: Final = 7 * 24 * 60 * 60


def send_welcome_message(profile: "Profile") -> None:
    """Send a welcome message, unless it was sent in the last seven days.

    Args:
        profile: The recipient.

    Raises:
        SMTPException: If the mail server rejects the message.
        OSError: If the mail server cannot be reached.
    """
    cache_key = f"users.welcome_sent:{profile['id']}"
    if cache.get(cache_key):
        return
    title: str = settings.SPECTACULAR_SETTINGS["TITLE"]
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    EmailMessage(
        subject=f"Welcome to {title}",
        # Without the name, which is chosen by anyone who registers this address.
        body=f"Hello,\n\nYour account at {title} has been created.\n",
        to=[profile["email"]],
        # The same for every attempt, so that mail servers recognise duplicates.
        headers={"Message-ID": f"<welcome.{profile['id']}@{domain}>"},
    ).send()
    # After sending: a worker that dies in between sends a duplicate, not nothing.
    cache.set(cache_key, value=True, timeout=WELCOME_SENT_SECONDS)
