"""What goes wrong with a whole batch: tried again, and after some times given up."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import InterfaceError, OperationalError

from modelregistry.errors import DomainError
from predictions.batches.models import Batch, State

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 3


@contextmanager
def given_up_in_the_end(batch: Batch) -> Iterator[None]:
    """Whoever looks after batches tells workers again, which counts as an attempt.

    Raises OperationalError, InterfaceError: without a database nothing can be noted.
    """
    try:
        yield
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        logger.exception("batch %s", batch.pk)
        if batch.wave >= MOST_ATTEMPTS:
            Batch.objects.filter(pk=batch.pk).finish(State.FAILED, reason_of(error))


def reason_of(error: Exception) -> str:
    detail = error.detail if isinstance(error, DomainError) else f"a defect of ours: {error!r}"
    return detail.replace("\x00", "\ufffd")[:2000]
