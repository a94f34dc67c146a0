"""Background tasks."""

from celery import shared_task

from apps.chat import services
from apps.core.tasks import Task


@shared_task(base=Task)
def announce(room: str, text: str) -> None:
    """Send an announcement to all members of a room.

    Args:
        room: The room's name.
        text: 1 to 1,000 characters.
    """
    services.announce(room=room, text=text)
