"""What is old leaves the log by whole months, and that it did is kept (`models.Retention`)."""

import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db import DatabaseError, connection, transaction
from psycopg import errors

from predictions.models import Prediction

# The database itself gives up after half a second (migration 0002), for inserts wait meanwhile.
ATTEMPTS = 15
PAUSE_SECONDS = 2.0
TABLE = "predictions_prediction"


class CannotDrop(Exception):
    """One line that says why. Months that were dropped before it are gone, and recorded."""


@dataclass(frozen=True, slots=True)
class Month:
    first: date
    rows: int
    size: int
    """Bytes on disk, with indexes."""


def months_before(limit: date) -> list[Month]:
    """The log's months before the one of `limit`, oldest first. Raises CannotDrop."""
    this_month = datetime.now(UTC).date().replace(day=1)
    if limit > this_month:
        raise CannotDrop(f"{this_month:%Y-%m} is not over: at most what is before it can go")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, pg_total_relation_size(oid) FROM pg_class JOIN pg_inherits ON "
            "inhrelid = oid WHERE inhparent = %s::regclass AND relname < %s ORDER BY relname",
            [TABLE, f"{TABLE}_{limit:%Y_%m}"],
        )
        found = cursor.fetchall()
    return [_described(name, size) for name, size in found]


def drop_month(*, month: date, actor: str) -> int:
    """Drop one month for good; how many rows went. Raises CannotDrop: only the owner may.

    Serving goes on: it is held up for half a second at most, then it is tried again later.
    """
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(PAUSE_SECONDS)
        try:
            return _drop(month, actor)
        except DatabaseError as error:
            if isinstance(error.__cause__, errors.LockNotAvailable):
                continue
            if isinstance(error.__cause__, errors.InsufficientPrivilege):
                raise CannotDrop(f"only the owner of the log may drop it: {_who()}") from error
            raise
    raise CannotDrop(f"{month:%Y-%m}: the log is in use all the time: {_users()}")


def _described(name: str, size: int) -> Month:
    first = datetime.strptime(name[-7:], "%Y_%m").replace(tzinfo=UTC)
    following = (first + timedelta(days=31)).replace(day=1)
    # Through the log, to which alone everybody who reads it has a right.
    rows = Prediction.objects.since(first).before(following).count()
    return Month(first=first.date(), rows=rows, size=size)


def _drop(month: date, actor: str) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        # Of what is waited for before the log is locked: whoever uses this one month.
        cursor.execute("SET LOCAL lock_timeout = '10s'")
        cursor.execute(
            "SELECT predictions_drop_partition(%s, %s)",
            [datetime(month.year, month.month, 1, tzinfo=UTC), actor[:150]],
        )
        rows = cursor.fetchone()[0]
    if rows is None:
        raise CannotDrop(f"{month:%Y-%m} is not in the log")
    return int(rows)


def _who() -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, relowner::regrole FROM pg_class WHERE oid = %s::regclass", [TABLE]
        )
        user, owner = cursor.fetchone()
    return f"that is {owner}, and this is {user}"


def _users() -> str:
    """The longest transactions that hold it, for whoever wants to end them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid, application_name, extract(epoch FROM now() - xact_start)::int "
            "FROM pg_locks JOIN pg_stat_activity USING (pid) "
            "WHERE relation = %s::regclass AND granted AND pid <> pg_backend_pid() "
            "ORDER BY xact_start LIMIT 3",
            [TABLE],
        )
        found = cursor.fetchall()
    held = ", ".join(f"process {pid} ({name}) for {seconds} s" for pid, name, seconds in found)
    return f"held by {held}" if held else "try again"
