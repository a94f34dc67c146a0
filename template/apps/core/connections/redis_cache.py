"""Client of the cache that treats a corrupt entry as missing."""

import logging
from typing import TYPE_CHECKING, Any, override

from django_redis.client import DefaultClient

if TYPE_CHECKING:
    from redis import Redis

logger = logging.getLogger(__name__)


# To return to django-redis' client, remove `CLIENT_CLASS` from `CACHES`. Keep its
# `SERIALIZER`: the default one, pickle, runs code from entries.
class TolerantClient(DefaultClient):
    """Logs an entry that is not JSON, and returns the default."""

    @override
    def get(
        self,
        key: str,
        default: Any | None = None,
        version: int | None = None,
        client: "Redis | None" = None,
    ) -> Any:
        """Return the default for a corrupt entry."""
        try:
            return super().get(key, default=default, version=version, client=client)
        except (ValueError, RecursionError) as error:
            reason = {"reason": repr(error)}
            logger.warning("Cache entry ignored: not JSON", extra=reason)
            return default
