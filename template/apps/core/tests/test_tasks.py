"""Tests of what every task starts from."""

import logging
from typing import TYPE_CHECKING

import pytest
from celery import shared_task
from django.db import transaction

from apps.core.tasks import Task

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

CALLS: list[str] = []

type Commit = Callable[..., AbstractContextManager[object]]

pytestmark = pytest.mark.django_db


@shared_task(base=Task, name="tests.note")
def note(text: str) -> None:
    """Remember a call."""
    CALLS.append(text)


@pytest.fixture(autouse=True)
def _no_calls() -> None:
    """Forget the calls of other tests."""
    CALLS.clear()


def test_runs_after_the_commit(django_capture_on_commit_callbacks: "Commit") -> None:
    with django_capture_on_commit_callbacks(execute=True):
        note.delay_on_commit("sent")
        assert CALLS == []

    assert CALLS == ["sent"]


def test_does_not_run_after_a_rollback(
    django_capture_on_commit_callbacks: "Commit",
) -> None:
    def fail() -> None:
        with transaction.atomic():
            note.delay_on_commit("lost")
            raise ValueError

    with django_capture_on_commit_callbacks(execute=True), pytest.raises(ValueError):
        fail()

    assert CALLS == []


def test_broker_that_is_down_is_logged(
    django_capture_on_commit_callbacks: "Commit",
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def refuse(*_args: object) -> None:
        raise note.OperationalError

    monkeypatch.setattr(note, "delay", refuse)

    with (
        caplog.at_level(logging.ERROR),
        django_capture_on_commit_callbacks(execute=True),
    ):
        note.delay_on_commit("lost")

    line = caplog.records[-1].__dict__
    assert line["message"].startswith("Task lost")
    assert (line["task"], line["task_args"]) == ("tests.note", ("lost",))
