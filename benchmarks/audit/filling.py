"""Millions of rows, spread evenly over months, made inside the database."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import psycopg

MONTHS_BACK = 5
BATCH = 500_000

# Every row repeats the question and answer of one that the service wrote: their sizes count. An id
# is a UUIDv7 of its moment; what follows the 12 digits of the time is random.
FILL = """
INSERT INTO predictions_prediction
SELECT (lpad(to_hex(ms), 12, '0') || '7' || substr(random, 14))::uuid, to_timestamp(ms / 1000.0),
       p.predictor, p.endpoint, p.model_version_id, p.request, p.features, p.prediction, p.response,
       p.error, p.status, p.latency_ms, '10.0.0.' || (ms %% 50),
       CASE WHEN %(ordered)s THEN lpad(to_hex(ms), 12, '0') || '7' || substr(other, 14)
            ELSE other END,
       p.api_version
FROM (
    SELECT %(start)s::bigint + (n * %(step)s::float8)::bigint AS ms,
           replace(gen_random_uuid()::text, '-', '') AS random,
           replace(gen_random_uuid()::text, '-', '') AS other
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
) AS times
CROSS JOIN (SELECT * FROM predictions_prediction WHERE id = %(pattern)s) AS p
"""


def first_moment(now: datetime) -> datetime:
    """Where the log begins: some months before this one."""
    month = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    for _ in range(MONTHS_BACK):
        month = (month - timedelta(days=1)).replace(day=1)
    return month


def fill(url: str, *, rows: int, pattern: str, ordered: bool, say: Callable[[str], None]) -> None:
    """`rows` rows from `first_moment` until now, like the one whose id is `pattern`."""
    now = datetime.now(UTC)
    start = first_moment(now)
    values = {
        "start": round(start.timestamp() * 1000),
        "step": (now - start).total_seconds() * 1000 / rows,
        "pattern": pattern,
        "ordered": ordered,
    }
    began = time.monotonic()
    with psycopg.connect(url, autocommit=True) as database:
        database.execute(
            "SELECT predictions_make_partition(month) FROM "
            "generate_series(%s::timestamptz, %s, interval '1 month') AS month",
            [start, now],
        )
        for first in range(0, rows, BATCH):
            last = min(first + BATCH, rows) - 1
            database.execute(FILL, {**values, "first": first, "last": last})
            if last + 1 == rows or (last + 1) % (4 * BATCH) == 0:
                say(f"{last + 1:>12,} rows made in {time.monotonic() - began:.0f} s")
        database.execute("VACUUM (ANALYZE) predictions_prediction")


def sizes(url: str) -> dict[str, int]:
    """Bytes on disk, by what they hold."""
    with psycopg.connect(url) as database:
        return {
            name: int(size)
            for name, size in database.execute(
                "SELECT 'rows', sum(pg_table_size(inhrelid)) FROM pg_inherits "
                "WHERE inhparent = 'predictions_prediction'::regclass "
                "UNION ALL SELECT inhparent::regclass::text, sum(pg_relation_size(inhrelid)) "
                "FROM pg_inherits JOIN pg_class ON pg_class.oid = inhparent "
                "WHERE relkind = 'I' GROUP BY inhparent ORDER BY 1"
            )
        }
