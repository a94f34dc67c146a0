"""The Celery app, its settings and its signal handlers."""

import logging.config
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import structlog
from celery import Celery, signals
from django.conf import settings
from django.db import connections

from config.env import env
from config.keepalive import redis_options
from config.redis_urls import redis_database

if TYPE_CHECKING:
    from celery import Task

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# Worker and beat touch this file while they are connected; health checks read its age.
HEARTBEAT: Final = Path(tempfile.gettempdir(), "celery-heartbeat")

BROKER_URL: Final = redis_database(
    env.celery_broker_url.get_secret_value(), 0
) or redis_database(env.redis_url.get_secret_value(), 1)
HARD_TIME_LIMIT: Final = env.celery_time_limit + 10
# A `CELERY_*` setting in `config/settings.py` overrides one of these.
CONFIG: Final[dict[str, Any]] = {
    "broker_url": BROKER_URL or "memory://",
    "broker_transport": "config.broker:Transport" if BROKER_URL else None,
    "result_backend": BROKER_URL,
    # Without Redis, a task runs in the process that calls it.
    "task_always_eager": not BROKER_URL,
    "accept_content": ["json"],
    "task_serializer": "json",
    "result_serializer": "json",
    "enable_utc": True,
    "timezone": "UTC",
    # A task is acknowledged when it has returned. If its worker dies, it goes back to
    # the queue.
    "task_acks_late": True,
    "task_reject_on_worker_lost": True,
    "worker_prefetch_multiplier": 1,
    "worker_cancel_long_running_tasks_on_connection_loss": True,
    "worker_concurrency": env.celery_concurrency,
    "worker_hijack_root_logger": False,
    "task_soft_time_limit": env.celery_time_limit,
    "task_time_limit": HARD_TIME_LIMIT,
    # A task that needs its result sets `ignore_result=False`.
    "task_ignore_result": True,
    "result_expires": 24 * 60 * 60,
    "broker_transport_options": {
        # Seconds until the task of a lost worker is delivered to another one.
        "visibility_timeout": 2 * HARD_TIME_LIMIT,
        # Look for such tasks every 10 s. The default is every 100 s.
        "unacked_restore_throttle": 1,
        "socket_connect_timeout": 1,
        "socket_timeout": 5,
        **redis_options(BROKER_URL),
    },
    # The same for the result backend, whose default is 120 s.
    "redis_socket_connect_timeout": 1,
    "redis_socket_timeout": 5,
    "redis_socket_keepalive": True,
    "broker_connection_retry_on_startup": True,
    # Limits how long a request waits for a broker that is down.
    "task_publish_retry_policy": {"max_retries": 1, "interval_start": 0.1},
    # Celery reads this one with its prefix. It would close the pool after every task;
    # `close_connections` returns connections to the pool instead.
    "CELERY_DB_REUSE_MAX": sys.maxsize,
    "beat_sync_every": 1,
    # Copied to the database when beat starts, then edited in the admin.
    "beat_schedule": {
        "clean-expired-tokens": {
            "task": "apps.users.tasks.clean_expired_tokens",
            "schedule": 60 * 60,
        },
    },
}


def get_defaults() -> dict[str, Any]:
    """Return `CONFIG` without the settings that Django's settings override."""
    return {
        name: value
        for name, value in CONFIG.items()
        if not hasattr(settings, f"CELERY_{name.upper()}")
    }


app = Celery("config")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.add_defaults(get_defaults)
app.autodiscover_tasks()


@signals.setup_logging.connect
def configure_logging(**_kwargs: object) -> None:
    """Use the project's log format instead of Celery's."""
    logging.config.dictConfig(settings.LOGGING)


@signals.before_task_publish.connect
def send_request_id(headers: dict[str, Any], **_kwargs: object) -> None:
    """Add the id of the current request to the headers of the message."""
    request_id = structlog.contextvars.get_contextvars().get("request_id")
    if request_id:
        headers.setdefault("request_id", request_id)


@signals.task_prerun.connect
def bind_task_context(
    task: "Task[..., object]", task_id: str, **_kwargs: object
) -> None:
    """Add the task and the id of its request to all log lines of the task."""
    context = {"task": task.name, "task_id": task_id}
    if not task.request.is_eager:
        structlog.contextvars.clear_contextvars()
        if request_id := getattr(task.request, "request_id", None):
            context["request_id"] = request_id
    structlog.contextvars.bind_contextvars(**context)


@signals.task_postrun.connect
def clear_task_context(**_kwargs: object) -> None:
    """Remove the task from log lines; a request may have run it."""
    structlog.contextvars.unbind_contextvars("task", "task_id")


@signals.task_postrun.connect
def close_connections(task: "Task[..., object]", **_kwargs: object) -> None:
    """Return a worker's database connections to the pool."""
    if not task.request.is_eager:
        connections.close_all()


@signals.heartbeat_sent.connect
def touch_heartbeat(**_kwargs: object) -> None:
    """Show that the worker is connected to its broker."""
    HEARTBEAT.touch()
