"""One piece of a batch: read, asked, logged and kept, all in one transaction."""

import logging
import time
from collections import OrderedDict
from contextlib import ExitStack
from datetime import timedelta
from enum import Enum
from io import BytesIO

import pyarrow as pa
import pyarrow.parquet as pq
from django.core.files.base import ContentFile
from django.db import InterfaceError, OperationalError, transaction
from django.db.models.functions import Now

from modelregistry.loading import LoadedModel, load
from modelregistry.models import ModelVersion
from predictions import catalog, recording
from predictions.batches.failing import (
    MOST_ATTEMPTS,
    MOST_DEATHS,
    begun_in_vain,
    count_back,
    died,
    reason_of,
)
from predictions.batches.intake import new_name
from predictions.batches.models import Batch, BatchChunk, State, batch_storage
from predictions.batches.reading import read_rows
from predictions.batches.rows import score_rows
from predictions.batches.splitting import lines_of, records_of

logger = logging.getLogger(__name__)

RETRY_AFTER = timedelta(seconds=2)
# Of each piece; the document of a batch shows as many.
MOST_ERRORS = 100
MODELS_KEPT = 3


class Outcome(Enum):
    MORE = "one is done, others wait"
    LAST = "one is done, and none waits"
    NOTHING = "there is none to take: others have them, or it has ended"


_models: OrderedDict[int, LoadedModel] = OrderedDict()


def score_next(batch: Batch) -> Outcome:
    """Score a piece that nobody has. What goes wrong with it is kept; the third time for good.

    Raises OperationalError, InterfaceError: without a database nothing can be kept.
    """
    if batch.state != State.SCORING:
        return Outcome.NOTHING
    count_back()
    chunk = batch.chunks.begin(pause=RETRY_AFTER)
    if chunk is None:
        return Outcome.NOTHING
    if chunk.begun > MOST_DEATHS:
        _give_up(batch, chunk, died(MOST_DEATHS))
        return Outcome.NOTHING
    try:
        # Killed in it, nothing has happened: the lock, the log's rows and the chunk are one.
        with transaction.atomic():
            mine = batch.chunks.claimed(chunk.number)
            if mine is not None:
                _score(batch, mine)
    except (OperationalError, InterfaceError):
        begun_in_vain(chunk)
        raise
    except Exception as error:
        logger.exception("batch %s, chunk %s", batch.pk, chunk.number)
        wait = RETRY_AFTER * (chunk.attempts + 1)
        if batch.chunks.tried_again(chunk.number, wait=wait) >= MOST_ATTEMPTS:
            _give_up(batch, chunk, reason_of(error))
        return Outcome.MORE
    return Outcome.MORE if batch.chunks.count_waiting() else Outcome.LAST


def _give_up(batch: Batch, chunk: BatchChunk, why: str) -> None:
    last = chunk.first_row + chunk.rows - 1
    reason = f"rows {chunk.first_row:,} to {last:,}: {why}"
    Batch.objects.filter(pk=batch.pk).finish(State.FAILED, reason)


def _score(batch: Batch, chunk: BatchChunk) -> None:
    began = time.perf_counter()
    with batch_storage().open(batch.upload, "rb") as file:
        records = records_of(batch, lines_of(chunk, file))
        rows = read_rows(batch, records, chunk.first_row)
    model = _loaded(batch.model_version)
    with ExitStack() as kept:
        for reference in catalog.get(batch.predictor).references:
            kept.enter_context(reference.kept())
        scored = score_rows(batch, model, rows)
    took = (time.perf_counter() - began) * 1000 / max(len(rows), 1)
    recording.record_many(list(scored.audit_rows(latency_ms=took)))
    name = batch_storage().save(
        new_name(batch.folder, f"chunk-{chunk.number:06}"), ContentFile(_parquet(scored.table()))
    )
    chunk.result, chunk.failed = name, len(scored.refused)
    chunk.faults, chunk.errors = scored.faults(), scored.errors(MOST_ERRORS)
    chunk.done_at, chunk.begun = Now(), max(0, chunk.begun - 1)
    chunk.save()


def _parquet(table: pa.Table) -> bytes:
    sink = BytesIO()
    pq.write_table(table, sink, compression="lz4")
    return sink.getvalue()


def _loaded(version: ModelVersion) -> LoadedModel:
    """Kept by the process: a version never changes. Raises ModelUnavailable."""
    model = _models.pop(version.pk, None) or load(version)
    _models[version.pk] = model
    while len(_models) > MODELS_KEPT:
        _models.popitem(last=False)
    return model
