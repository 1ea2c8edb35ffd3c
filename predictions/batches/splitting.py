"""From a file to the pieces that workers share: byte ranges of whole rows."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now

from predictions.batches.errors import InvalidFile
from predictions.batches.models import (
    MOST_ROWS,
    Batch,
    BatchChunk,
    State,
    batch_storage,
)
from predictions.batches.records import ReadLine, Record, csv_records, is_empty, json_records
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
        fault, chunks = "", list[BatchChunk]()
        with batch_storage().open(batch.upload, "rb") as file:
            try:
                chunks = list(_chunks(batch, file))
            except InvalidFile as error:
                fault = error.detail
        rows = sum(chunk.rows for chunk in chunks)
        fault = fault or _fault(rows)
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


def records_of(batch: Batch, read_line: ReadLine) -> Iterator[Record]:
    if batch.format == Batch.Format.CSV:
        return csv_records(read_line, batch.separator)
    return json_records(read_line)


def lines_of(chunk: BatchChunk, file: Any) -> ReadLine:
    """Its part of the file, never all of it in memory: one row may be as long as the file."""
    file.seek(chunk.offset)
    left = chunk.length

    def read_line(size: int) -> bytes:
        nonlocal left
        line: bytes = file.readline(min(size, left))
        left -= len(line)
        return line

    return read_line


def _fault(rows: int) -> str:
    most = min(settings.BATCH_ROWS, MOST_ROWS)
    if rows > most:
        return f"the file has more than the {most:,} rows that are accepted"
    return "" if rows else "the file has no rows"


def _chunks(batch: Batch, file: Any) -> Iterator[BatchChunk]:
    """They have all rows behind the header, and end where a row ends. Raises InvalidFile."""
    file.seek(batch.begins)
    most = min(settings.BATCH_ROWS, MOST_ROWS)
    empty = 0
    chunk = BatchChunk(batch=batch, number=0, first_row=1, rows=0, offset=batch.begins, length=0)
    for record in records_of(batch, file.readline):
        if is_empty(record):
            empty += 1
            if empty > most:
                raise InvalidFile(f"the file has more than {most:,} empty lines")
            if not chunk.rows:
                chunk.offset += record.length
                continue
        else:
            chunk.rows += 1
        chunk.length += record.length
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
