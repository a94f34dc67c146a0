"""Database settings."""

from typing import Any

import dj_database_url

from apps.core.connections.postgres_check import check_connection
from config import keepalive


def build_databases(url: str, *, pool_size: int) -> dict[str, Any]:
    """Return `DATABASES`.

    Args:
        url: The URL of a PostgreSQL or SQLite database. Its query, such as
            `?sslmode=verify-full`, overrides options of PostgreSQL.
        pool_size: The maximum number of connections per process to PostgreSQL.
    """
    database: dict[str, Any] = {**dj_database_url.parse(url, conn_health_checks=True)}
    if database["ENGINE"] == "django.db.backends.postgresql":
        # A pool instead of CONN_MAX_AGE: async views run queries in short-lived
        # threads, which would leak persistent connections.
        database["OPTIONS"] = {
            "connect_timeout": 2,
            **keepalive.POSTGRESQL,
            **database.get("OPTIONS", {}),
            "pool": {
                "min_size": 0,
                "max_size": pool_size,
                "timeout": 5,
                # The default lets minutes pass between attempts after an outage.
                "reconnect_timeout": 5,
                "check": check_connection,
            },
        }
    else:
        # Concurrent writers wait instead of failing with "database is locked".
        database["OPTIONS"] = {
            "init_command": "PRAGMA journal_mode=WAL;",
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
        }
    return {"default": database}
