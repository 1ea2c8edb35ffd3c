"""What goes wrong with a whole batch: tried again, and after some times given up."""

import logging
from collections.abc import Callable

from django.db import InterfaceError, OperationalError, transaction

from modelregistry.errors import DomainError
from predictions.batches.models import Batch, BatchChunk, State
from predictions.batches.splitting import have_alone

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 3
# More than attempts: a worker may be killed for reasons that are not in the file.
MOST_DEATHS = 6
# By this process, which lives: the database was away.
_in_vain: list[Batch | BatchChunk] = []


def attempt(deed: Callable[[Batch], None], batch: Batch, *states: State) -> None:
    """Do it if the batch is in one of these states and nobody is at it; counted before it is begun.

    Raises OperationalError, InterfaceError: without a database nothing can be noted.
    """
    count_back()
    this = Batch.objects.filter(pk=batch.pk)
    with transaction.atomic():
        begun = this.begin(*states) if have_alone(batch) else 0
    if begun > MOST_DEATHS:
        this.finish(State.FAILED, died(MOST_DEATHS))
    elif begun:
        try:
            deed(batch)
        except (OperationalError, InterfaceError):
            begun_in_vain(batch)
            raise
        except Exception as error:
            logger.exception("batch %s", batch.pk)
            # A refusal stays one.
            if begun >= MOST_ATTEMPTS or isinstance(error, DomainError):
                this.finish(State.FAILED, reason_of(error))


def begun_in_vain(what: Batch | BatchChunk) -> None:
    """Without a database: it is counted back when there is one again."""
    _in_vain.append(what)


def count_back() -> None:
    """What must not count as a death."""
    while _in_vain:
        type(_in_vain[-1]).objects.filter(pk=_in_vain[-1].pk).not_begun()
        _in_vain.pop()


def died(times: int) -> str:
    return f"workers died of it {times} times"


def reason_of(error: Exception) -> str:
    detail = error.detail if isinstance(error, DomainError) else f"a defect of ours: {error!r}"
    return detail.replace("\x00", "\ufffd")[:2000]
