"""Background tasks."""

import logging
import uuid

from celery import shared_task

from apps.core.tasks import Task
from apps.users import emails, services

logger = logging.getLogger(__name__)


@shared_task(base=Task, autoretry_for=emails.ERRORS, max_retries=3, retry_backoff=60)
def send_welcome_email(user_id: str) -> None:
    """Welcome a new user by email; retried while the mail server fails.

    Args:
        user_id: The user's primary key.
    """
    services.send_welcome_email(user_id=uuid.UUID(user_id))


@shared_task(base=Task)
def clean_expired_tokens() -> None:
    """Delete expired sessions of the API and of the admin."""
    count = services.delete_expired_sessions()
    logger.info("Deleted expired sessions", extra={"count": count})
