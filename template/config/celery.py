"""Background tasks: `celery --quiet --app config worker` and `… beat` run them."""

import logging.config
import os
import tempfile
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import structlog
from celery import Celery, signals
from django.conf import settings
from django.db import connections

if TYPE_CHECKING:
    from celery import Task

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# Worker and beat touch it while they are connected; a probe looks at its age.
HEARTBEAT: Final = Path(tempfile.gettempdir(), "celery-heartbeat")

app = Celery("config")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.setup_logging.connect
def configure_logging(**_kwargs: object) -> None:
    """Log as the rest of the project does; Celery would bring its own format.

    Args:
        **_kwargs: What Celery would configure.
    """
    logging.config.dictConfig(settings.LOGGING)


@signals.worker_init.connect
def print_nothing(**_kwargs: object) -> None:
    """Keep the worker from printing, past the log, that it stops.

    Args:
        **_kwargs: The worker.
    """
    vars(import_module("celery.apps.worker"))["safe_say"] = lambda *_args: None


@signals.before_task_publish.connect
def send_request_id(headers: dict[str, Any], **_kwargs: object) -> None:
    """Send the request's id along with the task.

    Args:
        headers: The headers of the message.
        **_kwargs: The rest of the message.
    """
    request_id = structlog.contextvars.get_contextvars().get("request_id")
    if request_id:
        headers.setdefault("request_id", request_id)


@signals.task_prerun.connect
def name_task_in_logs(
    task: "Task[..., object]", task_id: str, **_kwargs: object
) -> None:
    """Name the task, and the request it comes from, in every line it logs.

    Args:
        task: The task.
        task_id: The id of this run.
        **_kwargs: The arguments.
    """
    names = {"task": task.name, "task_id": task_id}
    if not task.request.is_eager:
        structlog.contextvars.clear_contextvars()
        if request_id := getattr(task.request, "request_id", None):
            names["request_id"] = request_id
    structlog.contextvars.bind_contextvars(**names)


@signals.task_postrun.connect
def unname_task_in_logs(**_kwargs: object) -> None:
    """Leave the log of the request that ran a task in its own process.

    Args:
        **_kwargs: The task.
    """
    structlog.contextvars.unbind_contextvars("task", "task_id")


@signals.task_postrun.connect
def return_connections(task: "Task[..., object]", **_kwargs: object) -> None:
    """Give the database connection back to the pool.

    Args:
        task: The task that had it.
        **_kwargs: How it went.
    """
    if not task.request.is_eager:
        connections.close_all()


@signals.heartbeat_sent.connect
def show_life(**_kwargs: object) -> None:
    """Show probes that the worker is connected to its broker.

    Args:
        **_kwargs: The sender.
    """
    HEARTBEAT.touch()
