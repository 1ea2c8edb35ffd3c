"""Each looks into PostgreSQL what there is to do: one that is lost or doubled does no harm."""

import uuid

from celery import shared_task

from predictions import request_ids
from predictions.batches import services
from predictions.batches.assembling import assemble_batch
from predictions.batches.failing import attempt
from predictions.batches.models import Batch, State
from predictions.batches.scoring import Outcome, score_next
from predictions.batches.splitting import split_batch
from predictions.queueing import send


@shared_task(name=services.SPLIT)
def split(batch_id: str) -> None:
    attempt(split_batch, _batch(batch_id), State.ACCEPTED)


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
    attempt(assemble_batch, _batch(batch_id), State.SCORING, State.ASSEMBLING)


@shared_task(name="predictions.batches.look_after")
def look_after() -> None:
    """Every few seconds (`CELERY_BEAT_SCHEDULE`), on the queue `default`."""
    services.look_after()


@shared_task(name="predictions.batches.remove_old_files")
def remove_old_files() -> None:
    """Every hour (`CELERY_BEAT_SCHEDULE`), on the queue `default`."""
    services.remove_old_files()


def _batch(batch_id: str) -> Batch:
    batch = Batch.objects.known(uuid.UUID(batch_id))
    request_ids.go_on_for(batch.request_id)
    return batch
