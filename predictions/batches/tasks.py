"""Each looks into PostgreSQL what there is to do: one that is lost or doubled does no harm."""

import uuid

from celery import shared_task

from predictions.batches import services
from predictions.batches.assembling import assemble_batch
from predictions.batches.failing import given_up_in_the_end
from predictions.batches.models import Batch
from predictions.batches.scoring import Outcome, score_next
from predictions.batches.splitting import split_batch
from predictions.queueing import send


@shared_task(name=services.SPLIT)
def split(batch_id: str) -> None:
    batch = _batch(batch_id)
    with given_up_in_the_end(batch):
        split_batch(batch)


@shared_task(name=services.SCORE)
def score(batch_id: str, wave: int) -> None:
    """One piece, and then another message behind those that wait."""
    batch = _batch(batch_id)
    outcome = score_next(batch)
    if outcome is Outcome.LAST:
        send(services.ASSEMBLE, batch_id)
    elif outcome is Outcome.MORE and batch.wave == wave:
        send(services.SCORE, batch_id, wave)


@shared_task(name=services.ASSEMBLE)
def assemble(batch_id: str) -> None:
    batch = _batch(batch_id)
    with given_up_in_the_end(batch):
        assemble_batch(batch)


@shared_task(name="predictions.batches.look_after")
def look_after() -> None:
    """Every few seconds (`CELERY_BEAT_SCHEDULE`)."""
    services.look_after()


@shared_task(name="predictions.batches.remove_old_files")
def remove_old_files() -> None:
    """Daily (`CELERY_BEAT_SCHEDULE`)."""
    services.remove_old_files()


def _batch(batch_id: str) -> Batch:
    return Batch.objects.known(uuid.UUID(batch_id))
