"""A network between a project and its services, whose connections can be cut silently."""

import asyncio
import os
import secrets
import shutil
import socket
import subprocess
import sys
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.server import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
AS_ROOT = () if os.geteuid() == 0 else ("sudo", "--non-interactive")


def run_as_root(*command: str) -> str:
    result = subprocess.run(
        (*AS_ROOT, *command), capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@dataclass(frozen=True)
class Network:
    """A network namespace, from which relays lead to the services of this machine."""

    name: str
    address: str
    stack: ExitStack
    ports: dict[str, int] = field(default_factory=dict)

    def url(self, url: str) -> str:
        """Return the URL of a service through this network."""
        parts = urlsplit(url)
        port = self.ports[parts.scheme] = free_port()
        target = (str(parts.hostname), str(parts.port))
        relay = subprocess.Popen(
            (
                *(*AS_ROOT, sys.executable, "-m", "tests.network"),
                *(self.name, self.address, str(port), *target),
            ),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        # It ends with its input, so it needs no signal from this user to root.
        self.stack.callback(relay.communicate)
        assert relay.stdout is not None
        assert relay.stdout.readline() == b"ready\n"
        credentials, at, _ = parts.netloc.rpartition("@")
        netloc = f"{credentials}{at}{self.address}:{port}"
        return parts._replace(netloc=netloc).geturl()

    def run(self, *command: str) -> str:
        return run_as_root("ip", "netns", "exec", self.name, *command)

    def drop_connections(self, scheme: str) -> int:
        """Drop all further packets of the open connections; return their number."""
        port = str(self.ports[scheme])
        filters = ("state", "established", "sport", "=", f":{port}")
        lines = self.run("ss", "--no-header", "--numeric", "--tcp", *filters)
        peers = [line.split()[-1].rpartition(":")[2] for line in lines.splitlines()]
        for peer in peers:
            for chain, here, there in (
                ("INPUT", "--dport", "--sport"),
                ("OUTPUT", "--sport", "--dport"),
            ):
                ports = (here, port, there, peer)
                rule = ("--append", chain, "--protocol", "tcp", *ports)
                self.run("iptables", "--wait", *rule, "--jump", "DROP")
        return len(peers)


def require_network() -> None:
    """Skip the test where networks cannot be made, or fail where they have to be."""
    missing = [name for name in ("ip", "ss", "iptables") if shutil.which(name) is None]
    command = (*AS_ROOT, "ip", "netns", "list")
    if not missing and subprocess.run(command, check=False).returncode:
        missing = ["root"]
    if missing:
        reason = f"needs {', '.join(missing)}"
        if os.environ.get("DJANGO_ARCH_REQUIRE_SERVICES") == "1":
            pytest.fail(reason)
        pytest.skip(reason)


@contextmanager
def network() -> "Iterator[Network]":
    """Make a network namespace and remove it when the block ends."""
    require_network()
    identity = secrets.token_hex(3)
    name, here, there = f"test-{identity}", f"here-{identity}", f"there-{identity}"
    number = secrets.randbelow(256 * 64)
    # Of the range for benchmarks of networks, which no other network uses.
    prefix, low = f"198.18.{number // 64}", number % 64 * 4
    with ExitStack() as stack:
        run_as_root("ip", "netns", "add", name)
        stack.callback(run_as_root, "ip", "netns", "delete", name)
        peer = ("peer", "name", there, "netns", name)
        run_as_root("ip", "link", "add", here, "type", "veth", *peer)
        run_as_root("ip", "address", "add", f"{prefix}.{low + 1}/30", "dev", here)
        run_as_root("ip", "link", "set", here, "up")
        made = Network(name, f"{prefix}.{low + 2}", stack)
        made.run("ip", "address", "add", f"{made.address}/30", "dev", there)
        made.run("ip", "link", "set", there, "up")
        yield made


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


async def relay(listener: socket.socket, host: str, port: int) -> None:
    """Pass connections on to a service, until the input ends."""

    async def connected(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        service, to_service = await asyncio.open_connection(host, port)
        await asyncio.gather(copy(reader, to_service), copy(service, writer))

    await asyncio.start_server(connected, sock=listener)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.read)


def main(name: str, address: str, port: str, host: str, target: str) -> None:
    """Listen inside the namespace, and connect outside of it."""
    with Path("/proc/self/ns/net").open() as outside:
        with Path("/run/netns", name).open() as inside:
            os.setns(inside.fileno(), os.CLONE_NEWNET)
        listener = socket.create_server((address, int(port)))
        os.setns(outside.fileno(), os.CLONE_NEWNET)
    asyncio.run(relay(listener, host, int(target)))


if __name__ == "__main__":
    main(*sys.argv[1:])
