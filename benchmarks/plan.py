"""The extent of a measurement."""

import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from benchmarks.services import Services

type Rows = list[dict[str, Any]]

STARTED: Final = time.monotonic()


@dataclass(frozen=True)
class Plan:
    """The arguments of the command line.

    Attributes:
        services: PostgreSQL and Redis.
        scratch: A folder that goes at the end.
        rounds: How often each is measured.
        seconds: How long each measurement takes.
        connections: How many at the same time, one after the other.
        endpoints: Their names.
        quick: Whether only to try that everything works.
    """

    services: "Services"
    scratch: "Path"
    rounds: int
    seconds: int
    connections: tuple[int, ...]
    endpoints: tuple[str, ...]
    quick: bool


def rotated[T](items: "Sequence[T]", by: int) -> list[T]:
    """Start with another one each round, so that none is always first."""
    by %= len(items)
    return [*items[by:], *items[:by]]


def say(text: str) -> None:
    """Report progress."""
    print(f"[{time.monotonic() - STARTED:6.0f} s] {text}", file=sys.stderr, flush=True)
