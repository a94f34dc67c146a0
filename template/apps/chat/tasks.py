"""Background tasks."""

from celery import shared_task

from apps.chat import services
from apps.core.tasks import Task


@shared_task(base=Task)
def announce(room: str, text: str) -> None:
    """Send a text to all members of a room.

    Args:
        room: The room's name.
        text: The text.
    """
    services.announce(room=room, text=text)
