"""Create or drop a database: `database.py create|drop SERVER_URL NAME`."""

import sys

import psycopg
from psycopg import sql

COMMANDS = {
    "create": "CREATE DATABASE {}",
    "drop": "DROP DATABASE IF EXISTS {} WITH (FORCE)",
}

if __name__ == "__main__":
    action, server, name = sys.argv[1:]
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL(COMMANDS[action]).format(sql.Identifier(name)))
