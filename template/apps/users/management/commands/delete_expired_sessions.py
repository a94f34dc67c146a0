"""Delete expired sessions."""

from typing import Any, override

from django.core.management.base import BaseCommand

from apps.users import services


class Command(BaseCommand):
    """Deletes expired sessions of the API and of the admin."""

    help = "Delete expired sessions of the API and of the admin. Run it once a day."

    @override
    def handle(self, *_args: Any, **_options: Any) -> None:
        """Delete the sessions and print the number of those of the API."""
        count = services.delete_expired_sessions()
        self.stdout.write(f"Expired sessions of the API deleted: {count}")
