"""Settings of the channel layers, which carry messages between processes."""

from typing import Any, Final

from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError

from config.keepalive import redis_options
from config.redis_urls import redis_database

# Messages waiting in a channel, and the seconds until one expires.
LIMITS: Final = {"capacity": 1500, "expiry": 10}


def build_channel_layers(redis_url: str) -> dict[str, Any]:
    """Return `CHANNEL_LAYERS`.

    Args:
        redis_url: The URL of the cache; the layers use the second database after it. If
            empty, messages stay in this process.
    """
    if not redis_url:
        local = {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": LIMITS}
        return {"default": local, "control": local}
    host = {
        "address": redis_database(redis_url, 2),
        "socket_connect_timeout": 1,
        # Longer than the layer's blocking reads of 5 s. The client's default is also
        # 5 s, which closes idle connections.
        "socket_timeout": 10,
        # A restart of Redis closes idle connections.
        "retry": Retry(NoBackoff(), 1, (RedisConnectionError,)),
        # uvloop raises it for an idle connection that the network has lost.
        "retry_on_error": [RuntimeError],
        **redis_options(redis_url),
    }
    backend = "channels_redis.core.RedisChannelLayer"
    # `control` carries re-checks of sessions, which must not wait behind messages.
    return {
        name: {
            "BACKEND": backend,
            "CONFIG": {"hosts": [host], "prefix": prefix, **LIMITS},
        }
        for name, prefix in (("default", "asgi"), ("control", "control"))
    }
