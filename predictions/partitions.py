"""The months of the log: a partition each, made before it is needed."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.db import connection

MONTHS_AHEAD = 3


@dataclass(frozen=True, slots=True)
class StoredMonth:
    first: date
    size: int
    """Bytes on disk, with indexes."""
    rows: int
    """As PostgreSQL estimates them."""


def make_partitions(*, months: int = MONTHS_AHEAD) -> list[date]:
    """Make this month's partition and those of the next `months`; the first days of the new ones.

    The writer makes a missing one too, but there a request waits for it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT month::date FROM generate_series(date_trunc('month', now()), "
            "date_trunc('month', now()) + %s * interval '1 month', interval '1 month') AS month "
            "WHERE predictions_make_partition(month)",
            [months],
        )
        return [month for (month,) in cursor.fetchall()]


def stored_months() -> list[StoredMonth]:
    """The log's partitions, oldest first, also those that are made ahead. No row of them is read.

    Rows are those of the last ANALYZE, grown as the table has since (as the planner does it);
    before the first one, what the sessions have said that they wrote.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, COALESCE(pg_total_relation_size(c.oid), 0), COALESCE(CASE "
            "WHEN reltuples < 0 OR relpages = 0 THEN pg_stat_get_live_tuples(c.oid) "
            "ELSE round(reltuples::float8 * pg_relation_size(c.oid) "
            "/ current_setting('block_size')::int / relpages) END::bigint, 0) "
            "FROM pg_class c JOIN pg_inherits ON inhrelid = c.oid "
            "WHERE inhparent = 'predictions_prediction'::regclass ORDER BY relname"
        )
        found = cursor.fetchall()
    return [
        StoredMonth(datetime.strptime(name[-7:], "%Y_%m").replace(tzinfo=UTC).date(), size, rows)
        for name, size, rows in found
    ]
