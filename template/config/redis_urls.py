"""Databases of the Redis server that `REDIS_URL` names."""

from urllib.parse import urlsplit


def redis_database(url: str, offset: int) -> str:
    """Return the URL of another database of the same Redis server.

    Args:
        url: The URL of a database. Empty gives an empty URL.
        offset: Added to the number of that database.
    """
    if not url:
        return ""
    parts = urlsplit(url)
    number = parts.path.strip("/")
    database = int(number if number.isdecimal() else 0) + offset
    query = parts.query
    if parts.scheme == "rediss" and "ssl_cert_reqs" not in query:
        # Not every client verifies certificates by default.
        query = "&".join([*filter(None, [query]), "ssl_cert_reqs=required"])
    return parts._replace(path=f"/{database}", query=query).geturl()
