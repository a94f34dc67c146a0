"""What every background task starts from."""

import logging
from functools import partial

import celery
from django.db import transaction

logger = logging.getLogger(__name__)


class Task[**P, R](celery.Task[P, R]):
    """A task that services call after the commit, with `delay_on_commit`.

    What has been committed must not be answered with an error because the broker is
    down, so the task is then lost, and a line in the log says which one.
    """

    def delay_on_commit(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Hand the task to a worker once the transaction has been committed.

        Args:
            *args: The task's arguments, as JSON knows them: keys, never models.
            **kwargs: The task's arguments.
        """
        transaction.on_commit(partial(self.delay_or_log, *args, **kwargs))

    def delay_or_log(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Hand the task to a worker, or log that it is lost.

        Args:
            *args: The task's arguments.
            **kwargs: The task's arguments.
        """
        try:
            self.delay(*args, **kwargs)
        except self.OperationalError:
            logger.exception(
                "Task lost: the broker is down",
                extra={"task": self.name, "task_args": args, "task_kwargs": kwargs},
            )
