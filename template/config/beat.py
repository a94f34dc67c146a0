"""The scheduler of `celery beat`."""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, override

from django.core.cache import cache
from django_celery_beat.schedulers import DatabaseScheduler

from config.celery import HEARTBEAT

if TYPE_CHECKING:
    from collections.abc import Mapping

LEASE: Final = "celery-beat"
LEASE_SECONDS: Final = 30
HOLDER: Final = uuid.uuid4().hex
WAIT_SECONDS: Final = 5.0


class Scheduler(DatabaseScheduler):
    """Keeps the schedule in the database, where the administration edits it.

    Of several schedulers that run by mistake one works. It holds a lease in the cache;
    when it dies, another one takes over within half a minute.
    """

    @override
    def update_from_dict(self, mapping: "Mapping[str, dict[str, Any]]") -> None:
        """Add the entries that the database lacks.

        The original overwrites what was edited in the administration at every start.

        Args:
            mapping: The entries of the settings.
        """
        stored = self.Model.objects.filter(name__in=mapping)
        known = set(stored.values_list("name", flat=True))
        super().update_from_dict(
            {name: entry for name, entry in mapping.items() if name not in known}
        )

    @override
    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due, unless another scheduler does.

        Args:
            *args: As Celery passes them.
            **kwargs: As Celery passes them.

        Returns:
            The seconds until the next call.
        """
        HEARTBEAT.touch()
        if not self.leads():
            return WAIT_SECONDS
        delay: float = super().tick(*args, **kwargs)
        return delay

    def leads(self) -> bool:
        """Take the lease, or renew it.

        Returns:
            Whether this scheduler holds it.
        """
        if cache.get(LEASE) == HOLDER:
            cache.set(LEASE, HOLDER, LEASE_SECONDS)
            return True
        if not cache.add(LEASE, HOLDER, LEASE_SECONDS):
            return False
        # Read again, with what another scheduler has sent in the meantime.
        self._last_full_sync = datetime.min
        return True
