"""Sessions of the admin: `cached_db`, with checks of what a client or Redis sends."""

import re
from typing import Any, Final, override

from django.contrib.sessions.backends import cached_db, db

# The format of `get_random_string` in Django's session backends.
SESSION_KEY: Final = re.compile(r"[a-z0-9]{32}")


class SessionStore(cached_db.SessionStore):
    """Ignores a malformed cookie, which PostgreSQL may reject, and a corrupt entry."""

    @override
    def __init__(self, session_key: str | None = None) -> None:
        """Start a new session if the key is malformed."""
        valid = session_key is not None and SESSION_KEY.fullmatch(session_key)
        super().__init__(session_key if valid else None)

    @override
    def load(self) -> dict[str, Any]:
        """Read the database if the cached value is not a dictionary."""
        data: object = super().load()
        return data if isinstance(data, dict) else db.SessionStore.load(self)

    @override
    async def aload(self) -> dict[str, Any]:
        """Read the database if the cached value is not a dictionary."""
        data: object = await super().aload()
        return data if isinstance(data, dict) else await db.SessionStore.aload(self)
