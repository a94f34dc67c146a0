"""TCP options that detect a lost connection in 10 seconds, as after a failover."""

import socket
from typing import Any, Final

# The system's defaults are 15 minutes, and two hours for an idle connection.
# For libpq. A request can meet one lost connection after another, so two user timeouts
# have to fit.
POSTGRESQL: Final = {
    "tcp_user_timeout": 4000,
    "keepalives_idle": 2,
    "keepalives_interval": 1,
    "keepalives_count": 5,
}
# Names in the module `socket`; macOS has only some of them.
REDIS: Final = {
    "TCP_USER_TIMEOUT": 5000,
    "TCP_KEEPIDLE": 5,
    "TCP_KEEPINTVL": 1,
    "TCP_KEEPCNT": 5,
}


def redis_options(url: str) -> dict[str, Any]:
    """Return the options for connections of redis-py.

    Args:
        url: The URL of the server. A Unix socket needs no options.
    """
    if url.startswith("unix:"):
        return {}
    known = {getattr(socket, name, None): value for name, value in REDIS.items()}
    known.pop(None, None)
    return {"socket_keepalive": True, "socket_keepalive_options": known}
