"""The limits that the generated project's documents name are those it configures."""

import math
import re
from typing import NamedTuple

import pytest

from tests.options import everything
from tests.project import REPOSITORY
from tests.renders import Renderer

DEPLOYMENT = "docs/deployment.md"
SECURITY = "docs/security.md"
WEBSOCKETS = "docs/websockets.md"
NGINX = "nginx/nginx.conf"
COMPOSE = "docker-compose.yml"
ENV = "config/env.py"
MESSAGES = "apps/core/websockets/messages.py"


class Limit(NamedTuple):
    """A number in a document, and the one in a file; several groups are multiplied."""

    document: str
    documented: str
    path: str
    configured: str
    unit: int = 1


LIMITS = [
    Limit(
        DEPLOYMENT,
        r"\| request line \| (\d+) KiB \|",
        NGINX,
        r"large_client_header_buffers \d+ (\d+)k;",
    ),
    Limit(
        DEPLOYMENT,
        r"\| one header; all headers \| (\d+) KiB;",
        NGINX,
        r"large_client_header_buffers \d+ (\d+)k;",
    ),
    Limit(
        DEPLOYMENT,
        r"\| one header; all headers \| \d+ KiB; (\d+) KiB \|",
        NGINX,
        r"large_client_header_buffers (\d+) (\d+)k;",
    ),
    Limit(
        DEPLOYMENT,
        r"\| body \| ([\d.]+) MiB \|",
        NGINX,
        r"client_max_body_size (\d+)k;",
        1024,
    ),
    Limit(
        DEPLOYMENT,
        r"\| time to send the headers; [^|]+ \| (\d+) s; \d+ s \|",
        NGINX,
        r"client_header_timeout (\d+)s;",
    ),
    Limit(
        DEPLOYMENT,
        r"; between two reads of the body \| \d+ s; (\d+) s \|",
        NGINX,
        r"client_body_timeout (\d+)s;",
    ),
    Limit(
        DEPLOYMENT,
        r"\| concurrent requests per client address \| (\d+) \|",
        NGINX,
        r"limit_conn requests (\d+);",
    ),
    Limit(
        DEPLOYMENT,
        r"\| of these, with a body [^|]+ \| (\d+) \|",
        NGINX,
        r"limit_conn bodies (\d+);",
    ),
    Limit(
        DEPLOYMENT,
        r"\| WebSockets per client address \| (\d+) \|",
        NGINX,
        r"limit_conn requests (\d+);",
    ),
    Limit(
        DEPLOYMENT,
        r"\| processing time \| (\d+) s \|",
        NGINX,
        r"proxy_read_timeout (\d+)s;",
    ),
    Limit(
        DEPLOYMENT,
        r"`WEB_THREADS` \| 503 after a wait of (\d+) s \|",
        "config/asgi_handler.py",
        r"THREAD_WAIT_SECONDS: Final = (\d+)\n",
    ),
    Limit(
        DEPLOYMENT,
        r"`DATABASE_POOL_SIZE` \| 500 after a wait of (\d+) s \|",
        "config/database.py",
        r'"max_size": pool_size,\n +"timeout": (\d+),',
    ),
    Limit(
        DEPLOYMENT,
        r"Each replica runs (\d+) × CPUs \+ 1 workers",
        "config/gunicorn.conf.py",
        r"(\d+) \* _available_cpus\(\) \+ 1",
    ),
    Limit(
        DEPLOYMENT,
        r"`/tmp` in `docker-compose.yml`, (\d+) MiB",
        COMPOSE,
        r'tmpfs: \["/tmp:size=(\d+)m"\]',
    ),
    Limit(
        DEPLOYMENT,
        r"nginx holds (\d+) connections per CPU",
        NGINX,
        r"worker_connections (\d+);",
    ),
    Limit(
        DEPLOYMENT,
        r"nginx finds new replicas within (\d+) s",
        NGINX,
        r"resolver \S+ valid=(\d+)s ",
    ),
    Limit(
        DEPLOYMENT,
        r"docker stop --time (\d+) \$old",
        COMPOSE,
        r"# Gunicorn waits .+\n +stop_grace_period: (\d+)s",
    ),
    Limit(
        SECURITY,
        r"guessing refresh tokens \| 429 after (\d+) requests per minute",
        ENV,
        r'throttle_burst: types.Rate = "(\d+)/minute"',
    ),
    Limit(
        SECURITY,
        r"those above (\d+) are closed with 4429",
        ENV,
        r"websocket_max_per_user: int = Field\(default=(\d+),",
    ),
    Limit(
        WEBSOCKETS,
        r"`WEBSOCKET_MAX_PER_USER` WebSockets open \((\d+)\)",
        ENV,
        r"websocket_max_per_user: int = Field\(default=(\d+),",
    ),
    Limit(
        WEBSOCKETS,
        r"`WEBSOCKET_MESSAGES_PER_MINUTE` messages\n\((\d+)\)",
        ENV,
        r"websocket_messages_per_minute: int = Field\(default=(\d+),",
    ),
    Limit(
        WEBSOCKETS,
        r"count for up to (\d+)\s+seconds longer",
        "apps/core/websockets/quotas.py",
        r"LEASE_SECONDS: Final = (\d+)\n",
    ),
    Limit(
        WEBSOCKETS,
        r"it has read nothing for (\d+) seconds",
        "apps/core/websockets/consumers.py",
        r"SEND_SECONDS: Final = (\d+)\n",
    ),
    Limit(
        WEBSOCKETS,
        r"\| 4413 \| a message over (\d+) KiB \|",
        MESSAGES,
        r"max_bytes: int = (\d+)\n",
        1024,
    ),
    Limit(
        WEBSOCKETS,
        r"more than (\d+) messages in \d+ seconds",
        MESSAGES,
        r"max_messages: int = (\d+)\n",
    ),
    Limit(
        WEBSOCKETS,
        r"more than \d+ messages in (\d+) seconds",
        MESSAGES,
        r"window_seconds: float = (\d+)\n",
    ),
    Limit(
        WEBSOCKETS,
        r"a text that is not UTF-8; a message over (\d+) KiB",
        "config/gunicorn_worker.py",
        r'"ws_max_size": (\d+) \* 1024,',
    ),
]


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    rendered = Renderer(REPOSITORY).render(everything())
    return {path: content.decode() for path, content in rendered.items()}


def number(pattern: str, text: str) -> float:
    """Return the product of the groups in the only match."""
    (match,) = re.finditer(pattern, text)
    return math.prod(map(float, match.groups()))


def is_right(limit: Limit, files: dict[str, str]) -> bool:
    documented = number(limit.documented, files[limit.document])
    return documented * limit.unit == number(limit.configured, files[limit.path])


def named(limit: Limit) -> str:
    return " ".join(re.findall(r"[A-Za-z_]{3,}", limit.documented))


@pytest.mark.parametrize("limit", LIMITS, ids=named)
def test_a_documented_limit_is_configured(limit: Limit, files: dict[str, str]) -> None:
    assert is_right(limit, files)
    (match,) = re.finditer(limit.configured, files[limit.path])
    text = files[limit.path]
    changed = f"{text[: match.start(1)]}9{text[match.start(1) :]}"
    assert not is_right(limit, files | {limit.path: changed})


def test_the_documented_methods_are_accepted(files: dict[str, str]) -> None:
    (row,) = re.findall(r"\| method \| (.+) \| 501, or 405 \|", files[DEPLOYMENT])
    (accepted,) = re.findall(r'\$request_method !~ "\^\((.+)\)\$"', files[NGINX])
    assert sorted(re.findall(r"\w+", row)) == sorted(accepted.split("|"))


def test_the_documented_size_of_a_counted_body_is_configured(
    files: dict[str, str],
) -> None:
    (kilobytes,) = re.findall(r"with a body of (\d+) kB or more", files[DEPLOYMENT])
    (digits,) = re.findall(r'"~\^\[0-9\]\{0,(\d)\}:\$" "";', files[NGINX])
    assert int(kilobytes) * 1000 == 10 ** int(digits)
