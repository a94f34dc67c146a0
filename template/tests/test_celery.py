"""Tests of the Celery app and of its scheduler."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast
from unittest.mock import Mock

import pytest
import structlog
from celery import Celery
from django.utils import timezone
from django_celery_beat import schedulers
from django_celery_beat.models import IntervalSchedule, PeriodicTask, PeriodicTasks

from apps.users.tests.factories import AdminFactory
from config import beat_scheduler
from config.celery import (
    HEARTBEAT,
    app,
    bind_task_context,
    clear_task_context,
    get_defaults,
    send_request_id,
)

if TYPE_CHECKING:
    from celery import Task
    from celery.beat import ScheduleEntry
    from django.test import Client
    from pytest_django import Settings

HOURLY = "clean-expired-tokens"


@pytest.fixture(autouse=True)
def _no_write_at_exit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep schedulers from writing to the test database at exit."""
    monkeypatch.setattr(schedulers, "Finalize", Mock())


class Request:
    """The request of a task, as a worker sets it."""

    def __init__(self, *, is_eager: bool, request_id: str) -> None:
        self.is_eager = is_eager
        self.request_id = request_id


class RunningTask:
    """A running task."""

    name = "tests.task"

    def __init__(self, request: Request) -> None:
        self.request = request


def start_task(*, is_eager: bool) -> dict[str, Any]:
    """Start a task and return the context of its log lines."""
    task = RunningTask(Request(is_eager=is_eager, request_id="of-the-message"))
    bind_task_context(task=cast("Task[..., object]", task), task_id="1")
    return structlog.contextvars.get_contextvars()


def test_tasks_run_in_the_calling_process() -> None:
    assert app.conf.task_always_eager


def test_messages_are_json() -> None:
    assert app.conf.accept_content == ["json"]
    assert app.conf.task_serializer == app.conf.result_serializer == "json"


def test_django_settings_override_the_defaults(settings: "Settings") -> None:
    settings.CELERY_TASK_TIME_LIMIT = 1
    own = Celery("own", set_as_current=False)
    own.config_from_object("django.conf:settings", namespace="CELERY")
    own.add_defaults(get_defaults)

    assert own.conf.task_time_limit == 1
    assert own.conf.task_soft_time_limit == app.conf.task_soft_time_limit


def test_request_id_is_sent_with_the_task() -> None:
    headers: dict[str, Any] = {}

    with structlog.contextvars.bound_contextvars(request_id="abc"):
        send_request_id(headers=headers)

    assert headers == {"request_id": "abc"}


def test_worker_logs_the_task_and_its_request() -> None:
    with structlog.contextvars.bound_contextvars(request_id="of-before", user="x"):
        context = start_task(is_eager=False)

    expected = {"task": "tests.task", "task_id": "1", "request_id": "of-the-message"}
    assert context == expected


def test_eager_task_keeps_the_context_of_its_request() -> None:
    with structlog.contextvars.bound_contextvars(request_id="of-the-request"):
        assert start_task(is_eager=True)["request_id"] == "of-the-request"
        clear_task_context()
        assert structlog.contextvars.get_contextvars() == {
            "request_id": "of-the-request"
        }


# The scheduler closes its connections, which would end the transaction of a test.
@pytest.mark.django_db(transaction=True)
class TestScheduler:
    def test_copies_the_schedule_to_the_database(self) -> None:
        beat_scheduler.Scheduler(app=app)

        entry = PeriodicTask.objects.get(
            name=HOURLY,
            interval__every=3600,
            interval__period=IntervalSchedule.SECONDS,
        )
        assert entry.task == "apps.users.tasks.clean_expired_tokens"

    def test_keeps_edited_entries(self) -> None:
        beat_scheduler.Scheduler(app=app)
        daily = IntervalSchedule.objects.create(every=1, period=IntervalSchedule.DAYS)
        PeriodicTask.objects.filter(name=HOURLY).update(interval=daily)

        beat_scheduler.Scheduler(app=app)

        assert PeriodicTask.objects.get(name=HOURLY).interval == daily

    def test_sends_a_due_task_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        scheduler = beat_scheduler.Scheduler(app=app)
        sent = self.record_sent(scheduler, monkeypatch)

        scheduler.tick()
        scheduler.tick()

        assert sent == [HOURLY]

    def test_touches_the_heartbeat(self, monkeypatch: pytest.MonkeyPatch) -> None:
        scheduler = beat_scheduler.Scheduler(app=app)
        self.record_sent(scheduler, monkeypatch)
        HEARTBEAT.unlink(missing_ok=True)

        scheduler.tick()

        assert HEARTBEAT.exists()

    def record_sent(
        self, scheduler: beat_scheduler.Scheduler, monkeypatch: pytest.MonkeyPatch
    ) -> list[str]:
        """Make every entry due and return the list of what is sent."""
        sent: list[str] = []
        PeriodicTask.objects.exclude(name=HOURLY).update(enabled=False)
        long_ago = timezone.now() - timedelta(days=1)
        PeriodicTask.objects.filter(name=HOURLY).update(last_run_at=long_ago)
        PeriodicTasks.update_changed()

        def record(entry: "ScheduleEntry", **_kwargs: object) -> None:
            sent.append(entry.name or "")

        monkeypatch.setattr(scheduler, "apply_async", record)
        return sent


@pytest.mark.django_db(transaction=True)
def test_admin_shows_periodic_tasks(client: "Client") -> None:
    beat_scheduler.Scheduler(app=app)
    client.force_login(AdminFactory.create(is_superuser=True))
    entry = PeriodicTask.objects.get(name=HOURLY)

    page = client.get(f"/admin/django_celery_beat/periodictask/{entry.pk}/change/")

    assert HOURLY in page.content.decode()
