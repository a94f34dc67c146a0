"""Users in bulk: `people.py FROM TO` inserts those numbers, then gathers statistics.

Names and addresses share their parts as in life: few of the first names, surnames and providers are borne by most
of the people. To an index of trigrams that is what matters.
"""

import sys
from typing import Final

import django
from django.contrib.auth import get_user_model
from django.db import connection

FIRST_NAMES: Final = (
    "Maria Wei Mohammed Anna Jose Fatima David Elena Ali Yuki John Sofia Omar Priya Ivan Chen Sarah Carlos Aisha "
    "Thomas Ana Hiroshi Emma Ahmed Olga Daniel Mei Lucas Ingrid Samuel Leila Peter Chiara Kofi Laura Rahul Eva Pavel "
    "Julia Diego Amara Martin Noor Erik Camila Viktor Hannah Tariq Alice Mateo Zainab Henrik Nina Oluwaseun Clara "
    "Bogdan Ada Rafael Sigrid Theodora"
)
# A surname is one of each, as Ash-ford.
SURNAMES: Final = (
    "Ash Black Brad Brook Burn Chat Clif Craw Dal Dun East El Fair Far Glad Green Hal Hamp Har Hol Kings Lang Law Long "
    "Mar Mid Nor Old Pem Rad Red Shel Stan Staf Ston Sut Thorn Wal Wes Whit"
)
ENDINGS: Final = (
    "ton ford ley wood field worth by ham well stone bury wick den son land ridge man more lake gate bridge combe dale "
    "shaw croft burn mere ling stead er"
)
PROVIDERS: Final = (
    "gmail.com outlook.com yahoo.com hotmail.com icloud.com qq.com 163.com gmx.net web.de orange.fr mail.ru "
    "proton.me uol.com.br libero.it naver.com example.com"
)


def pick(words: str, seed: int) -> str:
    """Return SQL that chooses a word by the number, the first ones most often."""
    chance = f"(abs(hashint8extended(n, {seed})) % 1000000) / 1000000.0"
    index = f"1 + floor({len(words.split())} * ({chance}) ^ 2)::int"
    return f"(string_to_array('{words}', ' '))[{index}]"


FIRST: Final = f"CASE WHEN n % 1000 = 42 THEN 'Grace' ELSE {pick(FIRST_NAMES, 1)} END"
PEOPLE: Final = (
    f"SELECT n, {FIRST} AS first, {pick(SURNAMES, 2)} || {pick(ENDINGS, 3)} AS surname, "
    f"{pick(PROVIDERS, 4)} AS provider FROM n"
)
# A column that is not named here has a default, or is generated.
VALUES: Final = {
    "id": "gen_random_uuid()",
    "email": "lower(first || '.' || surname) || n || '@' || provider",
    "name": "first || ' ' || surname",
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
        f"WITH n AS (SELECT generate_series({first}, {last}) AS n), people AS ({PEOPLE}) "
        f"INSERT INTO {table} ({', '.join(VALUES)}) "
        f"SELECT {', '.join(VALUES.values())} FROM people"
    )
    with connection.cursor() as cursor:
        cursor.execute(command)
        cursor.execute(f"VACUUM ANALYZE {table}")


if __name__ == "__main__":
    django.setup()
    insert(int(sys.argv[1]), int(sys.argv[2]))
