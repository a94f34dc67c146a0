"""Paths that moved between versions of the template, and tables of its options."""

from __future__ import annotations

from typing import Final

MOVES: Final[tuple[tuple[str, str], ...]] = (
    ("apps/core/consumers.py", "apps/core/websockets/consumers.py"),
    ("apps/core/docs.py", "apps/core/openapi/api_docs.py"),
    ("apps/core/management/naming.py", "apps/core/startapp/naming.py"),
    ("apps/core/management/startapp", "apps/core/startapp"),
    ("apps/core/openapi.py", "apps/core/openapi/hooks.py"),
    ("apps/core/pool.py", "apps/core/connections/postgres_check.py"),
    ("apps/core/redis.py", "apps/core/connections/redis_pool.py"),
    ("apps/core/socketlog.py", "apps/core/websockets/log_filter.py"),
    ("apps/core/sockets.py", "apps/core/websockets/groups.py"),
    ("apps/core/tests/test_bodies.py", "apps/users/tests/test_malformed_requests.py"),
    ("apps/core/tests/test_docs.py", "apps/core/tests/test_api_docs.py"),
    ("apps/core/tests/test_envelope.py", "apps/core/tests/test_error_responses.py"),
    ("apps/core/tests/test_pool.py", "apps/core/tests/test_postgres_check.py"),
    ("apps/core/tests/test_redis.py", "apps/core/tests/test_redis_pool.py"),
    ("apps/users/jwt.py", "apps/users/tokens.py"),
    ("apps/users/sockets.py", "apps/users/websockets.py"),
    ("apps/users/tests/test_plans.py", "apps/users/tests/test_query_plans.py"),
    ("apps/users/tests/test_races.py", "apps/users/tests/test_concurrency.py"),
    ("config/beat.py", "config/beat_scheduler.py"),
    ("config/handler.py", "config/asgi_handler.py"),
    ("config/workers.py", "config/gunicorn_worker.py"),
    ("docs/sockets.md", "docs/websockets.md"),
    ("tests/sockets.py", "tests/websockets.py"),
    ("tests/test_handler.py", "tests/test_asgi_handler.py"),
    ("tests/test_sockets.py", "tests/test_websockets.py"),
)
"""(from, to): files and folders of a render that moved, the oldest first.

An entry applies to every update in which the old version renders the first path and the
new version does not. Keep it while projects of that old version exist. Do not use a path
that moved for another file.
"""

TABLES: Final = {"use_celery": "django_celery_beat"}
"""The installed app of an option whose tables stay when the option is switched off."""
