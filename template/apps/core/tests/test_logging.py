"""Tests of the log format."""

import io
import json
import logging
import logging.config
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from django.conf import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

STREAM = io.StringIO()


@pytest.fixture
def logger() -> "Iterator[logging.Logger]":
    """Yield a logger with the formatter of production."""
    formatter = dict(settings.LOGGING["formatters"]["json"])
    handler = logging.StreamHandler(STREAM)
    handler.setFormatter(formatter.pop("()")(**formatter))
    logger = logging.getLogger("test")
    logger.propagate = False
    logger.addHandler(handler)
    yield logger
    logger.removeHandler(handler)


def last_line() -> dict[str, Any]:
    """Return the last logged line, parsed."""
    line: dict[str, Any] = json.loads(STREAM.getvalue().splitlines()[-1])
    return line


def test_record_is_one_line_of_json(logger: logging.Logger) -> None:
    with structlog.contextvars.bound_contextvars(request_id="abc"):
        logger.warning("Something\nhappened", extra={"status": 200})

    line = last_line()
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "Something\nhappened",
        "level": "warning",
        "logger": "test",
        "request_id": "abc",
        "status": 200,
    }


def test_request_object_is_left_out(logger: logging.Logger) -> None:
    logger.warning("Rejected", extra={"request": "<ASGIRequest: GET '/?code=query'>"})

    assert "query" not in json.dumps(last_line())


def test_nested_values_are_masked(logger: logging.Logger) -> None:
    logger.warning("Failed", extra={"data": {"errors": ["to ada@example.com"]}})

    assert last_line()["data"] == {"errors": ["to [email]"]}


def test_traceback_is_part_of_the_line(logger: logging.Logger) -> None:
    try:
        _ = settings.LOGGING["missing"]
    except KeyError:
        logger.exception("Failed")

    assert "KeyError" in last_line()["exception"]


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Key (email)=(ada@example.com) already exists", "ada@example.com"),
        ("header Authorization: Token abcdefghijkl", "abcdefghijkl"),
        ("header Authorization: Bearer abc.def.ghi", "abc.def.ghi"),
        ("body {'password': 'hunter22'}", "hunter22"),
        ('body {"token": "abcdefgh"}', "abcdefgh"),
    ],
)
def test_personal_data_and_secrets_are_masked(
    logger: logging.Logger, text: str, secret: str
) -> None:
    try:
        raise ValueError(text)
    except ValueError:
        logger.exception(text)

    assert secret not in json.dumps(last_line())
