"""Tests of the Celery app and of its scheduler."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast
from unittest.mock import Mock

import pytest
import structlog
from django.core.cache import cache
from django.utils import timezone
from django_celery_beat import schedulers
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from apps.users.tests.factories import AdminFactory
from config import beat
from config.celery import (
    HEARTBEAT,
    app,
    name_task_in_logs,
    send_request_id,
    unname_task_in_logs,
)

if TYPE_CHECKING:
    from celery import Task
    from celery.beat import ScheduleEntry
    from django.test import Client

HOURLY = "clean-expired-tokens"


@pytest.fixture(autouse=True)
def _nothing_at_exit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep schedulers from a database that is gone when the tests have ended."""
    monkeypatch.setattr(schedulers, "Finalize", Mock())


class Request:
    """What a worker knows of a message."""

    def __init__(self, *, is_eager: bool, request_id: str) -> None:
        self.is_eager = is_eager
        self.request_id = request_id


class Running:
    """A task that a worker runs."""

    name = "tests.task"

    def __init__(self, request: Request) -> None:
        self.request = request


def begin(*, is_eager: bool) -> dict[str, Any]:
    """Run a task until its first line and return what the line would name."""
    task = Running(Request(is_eager=is_eager, request_id="of-the-message"))
    name_task_in_logs(task=cast("Task[..., object]", task), task_id="1")
    return structlog.contextvars.get_contextvars()


def test_tasks_run_where_they_are_called() -> None:
    assert app.conf.task_always_eager


def test_messages_are_json() -> None:
    assert app.conf.accept_content == ["json"]
    assert app.conf.task_serializer == app.conf.result_serializer == "json"


def test_request_id_travels_with_the_task() -> None:
    headers: dict[str, Any] = {}

    with structlog.contextvars.bound_contextvars(request_id="abc"):
        send_request_id(headers=headers)

    assert headers == {"request_id": "abc"}


def test_worker_names_the_task_and_its_request_in_logs() -> None:
    with structlog.contextvars.bound_contextvars(request_id="of-before", user="x"):
        names = begin(is_eager=False)

    expected = {"task": "tests.task", "task_id": "1", "request_id": "of-the-message"}
    assert names == expected


def test_request_that_runs_a_task_keeps_its_own_names() -> None:
    with structlog.contextvars.bound_contextvars(request_id="of-the-request"):
        assert begin(is_eager=True)["request_id"] == "of-the-request"
        unname_task_in_logs()
        assert structlog.contextvars.get_contextvars() == {
            "request_id": "of-the-request"
        }


# The scheduler closes its connections now and then, and a transaction with them.
@pytest.mark.django_db(transaction=True)
class TestScheduler:
    def test_seeds_the_schedule(self) -> None:
        beat.Scheduler(app=app)

        entry = PeriodicTask.objects.get(
            name=HOURLY,
            interval__every=3600,
            interval__period=IntervalSchedule.SECONDS,
        )
        assert entry.task == "apps.users.tasks.clean_expired_tokens"

    def test_keeps_what_was_edited(self) -> None:
        beat.Scheduler(app=app)
        daily = IntervalSchedule.objects.create(every=1, period=IntervalSchedule.DAYS)
        PeriodicTask.objects.filter(name=HOURLY).update(interval=daily)

        beat.Scheduler(app=app)

        assert PeriodicTask.objects.get(name=HOURLY).interval == daily

    def test_lets_one_of_two_work(self, monkeypatch: pytest.MonkeyPatch) -> None:
        scheduler = beat.Scheduler(app=app)
        sent = self.record_sent(scheduler, monkeypatch)

        cache.set(beat.LEASE, "another", beat.LEASE_SECONDS)
        assert scheduler.tick() == beat.WAIT_SECONDS
        assert sent == []

        cache.delete(beat.LEASE)
        scheduler.tick()
        scheduler.tick()
        assert sent == [HOURLY]

    def test_shows_that_it_is_alive(self, monkeypatch: pytest.MonkeyPatch) -> None:
        scheduler = beat.Scheduler(app=app)
        self.record_sent(scheduler, monkeypatch)
        HEARTBEAT.unlink(missing_ok=True)

        scheduler.tick()

        assert HEARTBEAT.exists()

    def record_sent(
        self, scheduler: beat.Scheduler, monkeypatch: pytest.MonkeyPatch
    ) -> list[str]:
        """Make every entry due and return the list of what is sent."""
        sent: list[str] = []
        PeriodicTask.objects.exclude(name=HOURLY).update(enabled=False)
        long_ago = timezone.now() - timedelta(days=1)
        PeriodicTask.objects.filter(name=HOURLY).update(last_run_at=long_ago)

        def record(entry: "ScheduleEntry", **_kwargs: object) -> None:
            sent.append(entry.name or "")

        monkeypatch.setattr(scheduler, "apply_async", record)
        return sent


@pytest.mark.django_db(transaction=True)
def test_schedule_is_edited_in_the_administration(client: "Client") -> None:
    beat.Scheduler(app=app)
    client.force_login(AdminFactory.create(is_superuser=True))
    entry = PeriodicTask.objects.get(name=HOURLY)

    page = client.get(f"/admin/django_celery_beat/periodictask/{entry.pk}/change/")

    assert HOURLY in page.content.decode()
