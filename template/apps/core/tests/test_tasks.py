"""Tests of the base class of tasks."""

import logging
from typing import TYPE_CHECKING

import pytest
from celery import shared_task
from django.db import transaction

from apps.core.tasks import Task

if TYPE_CHECKING:
    from pytest_django import DjangoCaptureOnCommitCallbacks

CALLS: list[str] = []

pytestmark = pytest.mark.django_db


@shared_task(base=Task, name="tests.note")
def note(text: str) -> None:
    """Record a call."""
    CALLS.append(text)


@pytest.fixture(autouse=True)
def _no_calls() -> None:
    """Clear the calls of other tests."""
    CALLS.clear()


def test_task_runs_after_the_commit(
    django_capture_on_commit_callbacks: "DjangoCaptureOnCommitCallbacks",
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        note.delay_on_commit("sent")
        assert CALLS == []

    assert CALLS == ["sent"]


def test_task_does_not_run_after_a_rollback(
    django_capture_on_commit_callbacks: "DjangoCaptureOnCommitCallbacks",
) -> None:
    def fail() -> None:
        with transaction.atomic():
            note.delay_on_commit("lost")
            raise ValueError

    with django_capture_on_commit_callbacks(execute=True), pytest.raises(ValueError):
        fail()

    assert CALLS == []


def test_task_lost_in_an_outage_of_the_broker_is_logged(
    django_capture_on_commit_callbacks: "DjangoCaptureOnCommitCallbacks",
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def raise_error(*_args: object) -> None:
        raise note.OperationalError

    monkeypatch.setattr(note, "delay", raise_error)

    with (
        caplog.at_level(logging.ERROR),
        django_capture_on_commit_callbacks(execute=True),
    ):
        note.delay_on_commit("lost")

    record = vars(caplog.records[-1])
    assert record["message"].startswith("Task lost")
    assert record["task"] == "tests.note"
    assert record["task_args"] == ("lost",)
