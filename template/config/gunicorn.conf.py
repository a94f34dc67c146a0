"""Gunicorn configuration for ASGI."""

import math
import os
import sys
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

CGROUP = Path("/sys/fs/cgroup")


def _cpu_quota() -> float:
    """Return the CPU limit of the container, infinite without one."""
    if (CGROUP / "cpu.max").exists():
        quota, period = (CGROUP / "cpu.max").read_text().split()
    elif (CGROUP / "cpu" / "cpu.cfs_quota_us").exists():
        quota = (CGROUP / "cpu" / "cpu.cfs_quota_us").read_text().strip()
        period = (CGROUP / "cpu" / "cpu.cfs_period_us").read_text()
    else:
        return math.inf
    return math.inf if quota in {"max", "-1"} else int(quota) / int(period)


def _available_cpus() -> int:
    """Return the number of CPUs this process may use, at least 1."""
    return math.ceil(min(len(os.sched_getaffinity(0)), _cpu_quota()))


wsgi_app = "config.asgi:application"
worker_class = "config.gunicorn_worker.DrainingUvicornWorker"
workers = int(os.environ.get("WEB_CONCURRENCY", 2 * _available_cpus() + 1))
bind = "0.0.0.0:8000"

try:
    logconfig_dict = settings.LOGGING
except ImproperlyConfigured as error:
    sys.exit(str(error))
loglevel = settings.LOG_LEVEL.lower()
errorlog = "-"
# `apps.core.middleware` logs requests, without query strings.
accesslog = None

timeout = 120
graceful_timeout = 30
keepalive = 5

# The Uvicorn worker ignores these two; nginx enforces them.
limit_request_line = 8190
limit_request_fields = 100

# Only the middleware and REST_FRAMEWORK["NUM_PROXIES"] interpret proxy headers.
forwarded_allow_ips = ""
# The control socket needs a writable home directory.
control_socket_disable = True
