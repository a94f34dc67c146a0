"""Users in bulk: `people.py FROM TO` inserts those numbers, then gathers statistics."""

import sys

import django
from django.contrib.auth import get_user_model
from django.db import connection

# A column that is not named here has a default, or is generated.
VALUES = {
    "id": "gen_random_uuid()",
    "email": "'user' || n || '@example.com'",
    "name": "CASE WHEN n % 1000 = 42 THEN 'Grace ' ELSE 'User ' END || md5(n::text)",
    "phone": "''",
    "password": "'!'",
    "role": "CASE WHEN n % 100 = 0 THEN 'moderator' ELSE 'user' END",
    "created_at": "timestamptz '2026-01-01' + n * interval '1 second'",
    "updated_at": "timestamptz '2026-01-01' + n * interval '1 second'",
    "is_active": "true",
    "is_staff": "false",
    "is_superuser": "false",
}


def insert(first: int, last: int) -> None:
    """Insert users whose numbers are in the range."""
    table = get_user_model()._meta.db_table
    command = (
        f"INSERT INTO {table} ({', '.join(VALUES)}) "
        f"SELECT {', '.join(VALUES.values())} "
        f"FROM generate_series({first}, {last}) AS n"
    )
    with connection.cursor() as cursor:
        cursor.execute(command)
        cursor.execute(f"VACUUM ANALYZE {table}")


if __name__ == "__main__":
    django.setup()
    insert(int(sys.argv[1]), int(sys.argv[2]))
