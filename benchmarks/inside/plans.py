"""Print query plans of requests as JSON: `plans.py TOKEN PATH…`."""

import json
import sys
from http import HTTPStatus

import django
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext


def plans_of(path: str, token: str) -> list[dict[str, str]]:
    """Request a page and explain each query of the users' table."""
    headers = {"Authorization": token, "X-Forwarded-Proto": "https"}
    with CaptureQueriesContext(connection) as captured:
        response = Client(SERVER_NAME="127.0.0.1").get(path, headers=headers)

    if response.status_code != HTTPStatus.OK:
        message = f"{path}: {response.status_code} {response.content[:200]!r}"
        raise RuntimeError(message)
    found = []
    for query in captured.captured_queries:
        if 'FROM "users_user"' in query["sql"]:
            with connection.cursor() as cursor:
                cursor.execute("EXPLAIN (ANALYZE, COSTS OFF) " + query["sql"])
                plan = "\n".join(line for (line,) in cursor.fetchall())
            found.append({"query": query["sql"], "plan": plan})
    return found


if __name__ == "__main__":
    django.setup()
    token, *paths = sys.argv[1:]
    print(json.dumps({path: plans_of(path, token) for path in paths}))
