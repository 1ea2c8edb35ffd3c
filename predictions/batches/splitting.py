"""From a file to the pieces that workers share: byte ranges of whole rows."""

from collections.abc import Iterator
from typing import IO, Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now

from predictions.batches.models import (
    MOST_ROWS,
    Batch,
    BatchChunk,
    State,
    batch_storage,
)
from predictions.batches.records import Record, csv_records, is_empty, json_records
from predictions.batches.services import tell_workers

CHUNK_BYTES = 16 * 1024 * 1024


def split_batch(batch: Batch, *, tell: bool = True) -> None:
    """Once: does nothing if it is done, or if somebody is at it."""
    with transaction.atomic():
        if (
            not have_alone(batch)
            or not Batch.objects.filter(pk=batch.pk, state=State.ACCEPTED).exists()
        ):
            return
        with batch_storage().open(batch.upload, "rb") as file:
            chunks = list(_chunks(batch, file))
        rows = sum(chunk.rows for chunk in chunks)
        fault = _fault(rows)
        if fault:
            Batch.objects.filter(pk=batch.pk).finish(State.FAILED, fault)
            return
        BatchChunk.objects.bulk_create(chunks, batch_size=1000)
        step = Batch.objects.filter(pk=batch.pk).step
        if not step(State.SCORING, rows=rows, started_at=Now()):  # cancelled meanwhile
            transaction.set_rollback(True)
            return
    batch.refresh_from_db()
    if tell:
        tell_workers(batch=batch)


def have_alone(batch: Batch) -> bool:
    """Whether this transaction is the one that works on the whole of it, until it ends."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(hashtext('batch'), hashtext(%s))", [str(batch.pk)]
        )
        found: tuple[bool] = cursor.fetchone()
    return found[0]


def records_of(batch: Batch, file: IO[bytes]) -> Iterator[Record]:
    if batch.format == Batch.Format.CSV:
        return csv_records(file.readline, batch.separator)
    return json_records(file.readline)


def _fault(rows: int) -> str:
    most = min(settings.BATCH_ROWS, MOST_ROWS)
    if rows > most:
        return f"the file has more than the {most:,} rows that are accepted"
    return "" if rows else "the file has no rows"


def _chunks(batch: Batch, file: Any) -> Iterator[BatchChunk]:
    """They cover the file behind its header, and end where a row ends."""
    file.seek(batch.begins)
    most = min(settings.BATCH_ROWS, MOST_ROWS)
    chunk = BatchChunk(batch=batch, number=0, first_row=1, rows=0, offset=batch.begins, length=0)
    for record in records_of(batch, file):
        chunk.length += record.length
        chunk.rows += not is_empty(record)
        if chunk.rows >= batch.chunk_rows or (chunk.rows and chunk.length >= CHUNK_BYTES):
            yield chunk
            chunk = _next(chunk)
            if chunk.first_row > most + 1:
                return
    if chunk.rows:
        yield chunk


def _next(chunk: BatchChunk) -> BatchChunk:
    return BatchChunk(
        batch=chunk.batch,
        number=chunk.number + 1,
        first_row=chunk.first_row + chunk.rows,
        rows=0,
        offset=chunk.offset + chunk.length,
        length=0,
    )
