"""Open connections to the services die silently, as after a failover or in a NAT."""

import asyncio
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.deployment import deployed
from tests.network import network
from tests.processes import running
from tests.server import free_port
from tests.test_celery import CLEAN, api_of
from tests.test_channels import account, opening, text_of
from tests.test_outage import load, phase

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.processes import Live
    from tests.project import Project

CLIENTS = 8
RECOVERY_SECONDS = 10


@pytest.mark.exhaustive
@pytest.mark.parametrize(("scheme", "errors"), [("postgres", 12), ("redis", 0)])
def test_lost_connections_are_replaced_within_ten_seconds(
    render: "Callable[..., Project]",
    tmp_path: "Path",
    record_property: "Callable[[str, object], None]",
    scheme: str,
    errors: int,
) -> None:
    pool = {"DATABASE_POOL_SIZE": "3"}
    with (
        network() as between,
        deployed(
            render, tmp_path, use_jwt=False, settings=pool, route=between.url
        ) as running,
    ):
        authorization = running.admin()
        with load(running, authorization, clients=CLIENTS) as answers:
            before = phase(answers)
            dropped = between.drop_connections(scheme)
            mark = len(answers)
            time.sleep(RECOVERY_SECONDS)
            lost = answers[mark:]
            after = phase(answers)

    statuses = Counter(status for status, _ in lost)
    record_property("dropped", dropped)
    record_property("lost", dict(statuses))
    record_property("rates", f"{len(before)}, {len(after)}")
    assert {status for status, _ in (*before, *after)} == {200}
    assert dropped >= 4
    assert statuses.total() - statuses[200] <= errors, statuses
    assert len(after) > len(before) / 2


@pytest.mark.exhaustive
def test_workers_and_websockets_replace_lost_connections_to_redis(live: "Live") -> None:
    port = free_port()

    async def scenario(token: str) -> None:
        async with opening(port, token) as client:
            await client.send('{"text": "before"}')
            assert await text_of(client) == "before"
        assert between.drop_connections("redis") > 0
        await asyncio.sleep(RECOVERY_SECONDS)
        async with opening(port, token) as client:
            await client.send('{"text": "after"}')
            assert await text_of(client, seconds=2) == "after"
        live.shell(CLEAN.format(tasks=1))
        worker.wait_for("succeeded", times=2, seconds=5)

    with network() as between:
        # The other programs of this machine keep their connections.
        routed = between.url(live.env["REDIS_URL"])
        worker = live.worker(REDIS_URL=routed)
        server = live.server(port, REDIS_URL=routed)
        with running(worker), api_of(server, port) as api:
            worker.wait_for("ready.")
            live.shell(CLEAN.format(tasks=1))
            worker.wait_for("succeeded")
            asyncio.run(scenario(account(api, live, "ada@example.com")))
    assert "Traceback" not in server.everything()
