"""Background tasks with real workers, beat, Redis, PostgreSQL and a mail server."""

import json
import secrets
import time
from collections import Counter
from contextlib import contextmanager
from email import message_from_bytes
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.controller import Controller

from tests.processes import WARM_SHUTDOWN, running, wait_until
from tests.server import Api, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message

    from aiosmtpd.smtp import Envelope

    from tests.processes import Live, Program

EXPIRED = """
from datetime import timedelta
from django.utils import timezone
from apps.users import services
from apps.users.models import AuthSession, User
user = User.objects.create_user("{email}", name="Ada")
services.start_session(user=user)
services.start_session(user=user)
old = AuthSession.objects.filter(user=user).earliest("created_at")
AuthSession.objects.filter(pk=old.pk).update(expires_at=timezone.now() - timedelta(1))
"""
COUNT = "from apps.users.models import AuthSession; print(AuthSession.objects.count())"
CLEAN = """
from apps.users.tasks import clean_expired_tokens
for _ in range({tasks}):
    clean_expired_tokens.delay()
"""
OTHERS = """
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute(
        "SELECT {what} FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid()"
    )
    print(*(row[0] for row in cursor))
"""
DUE = "Scheduler: Sending due task clean-expired-tokens"


class Mails:
    """A mail server that keeps what it gets."""

    def __init__(self, seconds: float = 0) -> None:
        self.seconds = seconds
        self.begun = 0
        self.messages: list[Message] = []
        # By this name aiosmtpd calls it.
        vars(self)["handle_DATA"] = self.keep

    async def keep(
        self, _server: object, _session: object, envelope: "Envelope"
    ) -> str:
        self.begun += 1
        time.sleep(self.seconds)
        assert isinstance(envelope.content, bytes)
        self.messages.append(message_from_bytes(envelope.content))
        return "250 OK"

    def ids(self) -> "Counter[str]":
        return Counter(str(message["Message-ID"]) for message in self.messages)


@contextmanager
def mail_server(live: "Live", mails: Mails) -> "Iterator[None]":
    port = free_port()
    controller = Controller(mails, hostname="127.0.0.1", port=port)
    controller.start()
    live.env["EMAIL_URL"] = f"smtp://127.0.0.1:{port}"
    try:
        yield
    finally:
        controller.stop()


@contextmanager
def api_of(server: "Program", port: int) -> "Iterator[Api]":
    with running(server):
        api = Api(f"http://127.0.0.1:{port}", {"X-Forwarded-Proto": "https"})
        assert server.process is not None
        wait_until(lambda: is_up(api), "the server")
        yield api


def is_up(api: Api) -> bool:
    try:
        return api.call("GET", "/api/health/live/")[0] == 200
    except OSError:
        return False


def register(api: Api, email: str) -> tuple[int, Any]:
    data = {"email": email, "name": "Ada", "password": secrets.token_urlsafe(16)}
    return api.call("POST", "/api/v1/auth/register/", data)


def lines(program: "Program") -> list[dict[str, Any]]:
    """Parse a log in which every line is JSON, except those that Celery prints."""
    return [
        json.loads(line)
        for line in program.text().splitlines()
        if line not in WARM_SHUTDOWN
    ]


@pytest.mark.exhaustive
def test_a_registration_sends_one_mail_and_a_rollback_none(live: "Live") -> None:
    mails, port = Mails(), free_port()
    with mail_server(live, mails):
        server, worker = live.server(port), live.worker()
        with running(worker), api_of(server, port) as api:
            worker.wait_for("ready.")
            status, body = register(api, "ada@example.com")
            assert status == 201
            wait_until(lambda: mails.messages, "the mail")
            live.shell(
                "from django.db import transaction\n"
                "from apps.users import services\n"
                "try:\n"
                "    with transaction.atomic():\n"
                f"        services.register(email='b@example.com', name='B', password='{secrets.token_urlsafe(16)}')\n"
                "        raise LookupError\n"
                "except LookupError:\n"
                "    print('rolled back')\n"
            )
            time.sleep(3)
        assert [message["To"] for message in mails.messages] == ["ada@example.com"]
        assert body["id"] in str(mails.messages[0]["Message-ID"])

    (request,) = (line for line in lines(server) if line["event"] == "request")
    done = [line for line in lines(worker) if "succeeded" in line["event"]]
    assert [line["request_id"] for line in done] == [request["request_id"]]
    assert done[0]["task"] == "apps.users.tasks.send_welcome_email"
    assert "ada@example.com" not in server.everything() + worker.everything()


@pytest.mark.exhaustive
def test_no_task_is_lost_when_worker_and_redis_die(live: "Live") -> None:
    """100 mails, a worker killed in the middle, Redis restarted, another worker."""
    live.env["CELERY_TIME_LIMIT"] = "1"
    mails = Mails(seconds=0.05)
    with mail_server(live, mails):
        live.shell(
            "from apps.users import services\n"
            "for number in range(100):\n"
            "    services.register(email=f'u{number}@example.com', name='U',"
            f" password='{secrets.token_urlsafe(16)}')\n"
        )
        worker = live.worker()
        with running(worker):
            wait_until(lambda: len(mails.messages) >= 20, "the first mails")
            worker.kill()
        assert len(mails.ids()) < 100
        assert live.redis.stop() == 0
        live.redis.start()
        live.redis.wait_for("Ready to accept connections", times=2)
        with running(live.worker("second")):
            wait_until(lambda: len(mails.ids()) == 100, "all mails", seconds=120)
            time.sleep(3)
    # Those that were being sent when the worker died may have been sent twice, with
    # the same Message-ID.
    assert sum(mails.ids().values()) <= 100 + int(live.env["CELERY_CONCURRENCY"])


@pytest.mark.exhaustive
def test_a_task_whose_process_is_killed_runs_again_immediately(live: "Live") -> None:
    mails = Mails(seconds=2)
    with mail_server(live, mails), running(worker := live.worker()):
        worker.wait_for("ready.")
        live.shell(
            "from apps.users import services\n"
            "services.register(email='u@example.com', name='U',"
            f" password='{secrets.token_urlsafe(16)}')\n"
        )
        worker.wait_for("received")
        assert worker.process is not None
        children = live.project.run("pgrep", "-P", str(worker.process.pid)).stdout
        live.project.run("kill", "-9", *children.split())
        wait_until(lambda: mails.messages, "the mail", seconds=30)


@pytest.mark.exhaustive
def test_a_broker_that_is_down_costs_the_task_not_the_registration(
    live: "Live",
) -> None:
    port = free_port()
    server = live.server(port)
    with api_of(server, port) as api:
        assert register(api, "a@example.com")[0] == 201
        live.redis.stop()
        started = time.monotonic()
        status, body = register(api, "b@example.com")
        assert (status, body["email"]) == (201, "b@example.com")
        assert time.monotonic() - started < 10
        server.wait_for("Task lost: the broker is down")
        live.redis.start()
        live.redis.wait_for("Ready to accept connections", times=2)
        assert register(api, "c@example.com")[0] == 201
    (lost,) = (line for line in lines(server) if "Task lost" in line["event"])
    assert lost["task"] == "apps.users.tasks.send_welcome_email"
    assert lost["task_args"] == [body["id"]]
    assert "b@example.com" not in server.everything()


@pytest.mark.exhaustive
def test_a_worker_keeps_its_connection_until_the_database_closes_it(
    live: "Live",
) -> None:
    worker = live.worker(CELERY_CONCURRENCY="1")

    def do(tasks: int) -> list[str]:
        done = worker.text().count("succeeded")
        live.shell(CLEAN.format(tasks=tasks))
        worker.wait_for("succeeded", times=done + tasks)
        return live.shell(OTHERS.format(what="pid")).split()

    with running(worker):
        worker.wait_for("ready.")
        first = do(tasks=1)
        assert len(first) == 1
        assert do(tasks=20) == first
        # As when it restarts.
        live.shell(OTHERS.format(what="pg_terminate_backend(pid)"))
        assert not {*first} & {*do(tasks=1)}
    assert {line["level"] for line in lines(worker)} <= {"info", "warning"}


@pytest.mark.exhaustive
def test_beat_sends_due_tasks_and_keeps_edited_entries_after_a_restart(
    live: "Live",
) -> None:
    first, second = live.beat("first"), live.beat("second")
    live.shell(EXPIRED.format(email="a@example.com"))
    with running(live.worker()):
        with running(first):
            first.wait_for("beat: Starting")
            live.shell(
                "from django_celery_beat.models import IntervalSchedule, PeriodicTask\n"
                "import time\n"
                "while not PeriodicTask.objects.filter(name='clean-expired-tokens'): time.sleep(0.1)\n"
                "often = IntervalSchedule.objects.create(every=2, period='seconds')\n"
                "task = PeriodicTask.objects.get(name='clean-expired-tokens')\n"
                "task.interval = often\n"
                "task.save()\n"
            )
            first.wait_for(DUE, seconds=30)
            wait_until(lambda: live.shell(COUNT).strip() == "1", "the clean-up")
            first.kill()
        live.shell(EXPIRED.format(email="b@example.com"))
        with running(second):
            second.wait_for(DUE, times=3, seconds=30)
            wait_until(lambda: live.shell(COUNT).strip() == "2", "the clean-up")
    assert all(line["level"] for line in lines(second))
