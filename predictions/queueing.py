"""Telling a worker that there is something to do.

What is to be done is a row in PostgreSQL; a message only makes it quick. It may be lost, or come
twice: each task looks into the database what there is to do, and something that runs every few
seconds sends again what nobody has begun (docs/operate.md).
"""

import logging
from typing import Any

from celery import Task, current_app
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def send(task: Task | str, *arguments: Any) -> None:
    """Once the transaction around it is committed. Without a broker it is logged, and that is all.

    `task`: or its name, for services, which know no tasks; `arguments` as JSON.
    """
    transaction.on_commit(lambda: _send(task, arguments))


def _send(task: Task | str, arguments: tuple[Any, ...]) -> None:
    name = task if isinstance(task, str) else task.name
    try:
        # By its name: nobody waits for its result.
        current_app.send_task(name, arguments, retry=False, ignore_result=True)
    except OperationalError as error:
        logger.warning("the broker is away, %s waits: %s", name, error)
