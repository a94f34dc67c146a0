"""Base class of Celery tasks."""

import logging
from functools import partial

import celery
from django.db import transaction

logger = logging.getLogger(__name__)


class Task[**P, R](celery.Task[P, R]):
    """Base task, which services send with `delay_on_commit`.

    While the broker is down a task is logged and lost: the data is already committed.
    """

    def delay_on_commit(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Send the task after the transaction commits.

        Args:
            *args: JSON values only: pass primary keys instead of models.
            **kwargs: Likewise.
        """
        transaction.on_commit(partial(self._delay_or_log, *args, **kwargs))

    def _delay_or_log(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Send the task, or log that it is lost."""
        try:
            self.delay(*args, **kwargs)
        except self.OperationalError:
            logger.exception(
                "Task lost: the broker is down",
                extra={"task": self.name, "task_args": args, "task_kwargs": kwargs},
            )
