"""The scheduler of `celery beat`."""

from typing import TYPE_CHECKING, Any, override

from django_celery_beat.schedulers import DatabaseScheduler

from config.celery import HEARTBEAT

if TYPE_CHECKING:
    from collections.abc import Mapping


class Scheduler(DatabaseScheduler):
    """Keeps the schedule in the database, where the admin edits it; run exactly one."""

    @override
    def update_from_dict(self, mapping: "Mapping[str, dict[str, Any]]") -> None:
        """Add missing entries only, so that a start keeps what was edited."""
        stored = self.Model.objects.filter(name__in=mapping)
        known = set(stored.values_list("name", flat=True))
        super().update_from_dict(
            {name: entry for name, entry in mapping.items() if name not in known}
        )

    @override
    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Touch the heartbeat as well."""
        HEARTBEAT.touch()
        delay: float = super().tick(*args, **kwargs)
        return delay
