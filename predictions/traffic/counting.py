"""Rows of the log become counts, each once: followed by the numbers of their transactions.

A row that has an early id may be committed late, a batch's by hours, and then no watermark of time
has seen it. But a transaction that ended before another began has a smaller number. So a *mark* is
the next number there will be; when all before it have ended, exactly the rows written from the
last mark up to this one are added (docs/decisions/0016).
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as midnight
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from predictions.models import Retention, first_id
from predictions.traffic import adding
from predictions.traffic.models import KEPT, LONGEST, Progress

# A row's `created_at` is made by the machine that writes it: some time before its transaction, by a
# clock that may differ.
LATE = timedelta(seconds=settings.AUDIT_SECONDS + 10)
LONG = timedelta(hours=1)
SLICE = timedelta(minutes=1)
CHUNK = 50_000
HALF = 2**31
# Of a run: others may have the worker then, and the next comes by itself.
BUDGET_SECONDS = 5.0
# For transactions that are under way to end.
PATIENCE_SECONDS, PAUSE_SECONDS = 1.0, 0.02
# A row keeps the lower 32 bits of the number of the transaction that wrote it. Who restores a
# database writes its rows anew, and the numbers in them are those of another server.
_NUMBERS = f"""
SELECT coalesce(xmin::text::bigint = saved_in & 4294967295, false),
       pg_snapshot_xmax(pg_current_snapshot())::text::bigint, now()
FROM {Progress._meta.db_table}"""  # noqa: S608
_ALL_BEFORE_ENDED = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint >= %s"
# Found by the index; nothing runs beside it in further processes; and no compiling for one query.
_PLAN = """
SET LOCAL enable_seqscan = off; SET LOCAL jit = off; SET LOCAL work_mem = '64MB';
SET LOCAL max_parallel_workers_per_gather = 0"""


@dataclass(frozen=True, slots=True)
class Step:
    counted: int
    is_last: bool
    """Up to its mark all is counted."""


def count_up(
    *, seconds: float = BUDGET_SECONDS, chunk: int = CHUNK, piece: timedelta = SLICE
) -> int:
    """Count what was written since the last time, for so long, one step at least; how many rows.

    A step: `chunk` rows of the first pass, later what was written in a `piece` of time.
    Nothing while another is at it, or while a transaction goes on that began before the mark.
    """
    ends = time.monotonic() + seconds
    mark = _set_mark()
    if mark is None or not _has_come(mark):
        return 0
    counted, step = 0, _take_step(mark, chunk, piece)
    while step is not None:
        counted += step.counted
        if step.is_last or time.monotonic() > ends:
            break
        step = _take_step(mark, chunk, piece)
    return counted


def count_again() -> None:
    """Forget all counts: the next run begins from the log alone."""
    with transaction.atomic():
        progress = locked(wait=True)
        assert progress is not None
        _forget(progress)


def _set_mark() -> int | None:
    """The one that is counted to next; None if another is at it."""
    with transaction.atomic():
        progress = locked()
        if progress is None:
            return None
        is_ours, next_number, now = row(_NUMBERS)
        last = progress.transaction or progress.next_transaction or next_number
        if not is_ours or not 0 <= next_number - last < HALF:
            # Restored, or asleep for so long that numbers begin again.
            _forget(progress)
        if progress.next_transaction is None:
            progress.next_transaction, progress.next_until = next_number, now
        # After the mark: what is written to a removed month anew, before it, is not counted yet.
        _take_out_removed(progress)
        save(progress)
        return progress.next_transaction


def _has_come(mark: int) -> bool:
    """Whether all before it have ended. Outside a transaction, which would have a number itself."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while not row(_ALL_BEFORE_ENDED, [mark])[0]:
        if time.monotonic() > ends:
            return False
        time.sleep(PAUSE_SECONDS)
    return True


def _take_step(mark: int, chunk: int, piece: timedelta) -> Step | None:
    """In one transaction: counts, and how far they are; None if another is at it."""
    with transaction.atomic():
        progress = locked()
        if progress is None or progress.next_transaction != mark:
            return None
        with connection.cursor() as cursor:
            cursor.execute(_PLAN)
        if progress.transaction is None:
            step = _first_pass(progress, chunk)
        else:
            step = _next_slice(progress, piece)
        if step.is_last:
            _arrive(progress)
        save(progress)
    return step


def _first_pass(progress: Progress, chunk: int) -> Step:
    """All that was there before the first mark, the newest first, some at a time."""
    assert progress.next_transaction is not None and progress.next_until is not None
    at = progress.next_until
    chosen, first, counted = row(
        adding.OLDER,
        {
            "now": at,
            "id_from": first_id(at - LONGEST),
            # Ids of a clock that is ahead.
            "id_before": progress.id_before or first_id(at + timedelta(days=365)),
            "limit": chunk,
            "long_before": at - LONG,
            "first": progress.next_transaction,
            "end": progress.next_transaction + HALF,
        },
    )
    progress.id_before = first or progress.id_before
    is_last = chosen < chunk
    if is_last:
        # The tables were empty: until autovacuum comes the planner would think that they are. To a
        # role that may not, this is a warning.
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {', '.join(table._meta.db_table for table in KEPT)}")
    return Step(counted, is_last)


def _next_slice(progress: Progress, piece: timedelta) -> Step:
    """What was written from the last mark to the next, a slice of time after the other."""
    assert progress.next_until is not None and progress.counted_until is not None
    start = progress.written_from or progress.counted_until - LATE
    stop = start + piece
    is_last = stop >= progress.next_until
    _, _, counted = row(
        adding.WRITTEN_BETWEEN,
        {
            "now": progress.next_until,
            "start": start,
            # Clocks may be ahead.
            "stop": progress.next_until + timedelta(days=365) if is_last else stop,
            "first": progress.transaction,
            "end": progress.next_transaction,
        },
    )
    progress.written_from = stop
    return Step(counted, is_last)


def _arrive(progress: Progress) -> None:
    assert progress.next_until is not None
    progress.transaction, progress.counted_until = progress.next_transaction, progress.next_until
    progress.next_transaction = progress.next_until = None
    progress.written_from = progress.id_before = None
    for table, grains in KEPT.items():
        for grain, kept in grains.items():
            old = table._default_manager.filter(grain=grain)
            old.filter(period__lt=progress.counted_until - kept).delete()


def _take_out_removed(progress: Progress) -> None:
    """Months that left the log since the last time."""
    for removed in Retention.objects.filter(pk__gt=progress.retention).order_by("pk"):
        start = datetime.combine(removed.month.replace(day=1), midnight(), UTC)
        following = (start + timedelta(days=31)).replace(day=1)
        for table in KEPT:
            table._default_manager.filter(period__gte=start, period__lt=following).delete()
        progress.retention = removed.pk


def _forget(progress: Progress) -> None:
    for table in KEPT:
        table._default_manager.all().delete()
    progress.transaction = progress.counted_until = None
    progress.next_transaction = progress.next_until = None
    progress.written_from = progress.id_before = progress.compared_until = None
    progress.recounted_until = progress.recounted_before = None
    save(progress)


def locked(*, wait: bool = False) -> Progress | None:
    """None if another has it, and one does not wait."""
    Progress.objects.get_or_create(pk=1)
    return Progress.objects.select_for_update(skip_locked=not wait).first()


def save(progress: Progress) -> None:
    [progress.saved_in] = row("SELECT pg_current_xact_id()::text::bigint")
    progress.save()


def row(statement: str, parameters: Any = None) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchone()
