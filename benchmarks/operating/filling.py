"""Rows of the log as a busy service leaves them, made inside the database."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psycopg


@dataclass(frozen=True, slots=True)
class Placement:
    """How rows lie in time, and how many different things ask and are asked."""

    name: str
    back: timedelta
    callers: int
    endpoints: int
    versions: int


PLACEMENTS = (
    Placement("all in the last hour", timedelta(hours=1), 50, 4, 2),
    Placement("over 30 days", timedelta(days=30), 50, 4, 20),
    Placement("over 30 days, 5,000 callers", timedelta(days=30), 5_000, 40, 2_000),
)
BATCH = 200_000
# Question and answer are those of a row that the service wrote: their sizes count. Moments are
# drawn, so rows come as little in the order of their ids as they can.
FILL = """
INSERT INTO predictions_prediction
SELECT (lpad(to_hex(ms), 12, '0') || '7' || substr(random, 14))::uuid, to_timestamp(ms / 1000.0),
       p.predictor, CASE WHEN place = 0 THEN p.endpoint ELSE '/api/other/' || place END,
       1 + floor(power(random(), 3) * %(versions)s), p.request, p.features, p.prediction,
       p.response, p.error, (ARRAY[200, 200, 200, 200, 200, 200, 200, 422, 404, 503])[1 + outcome],
       exp(1 + 1.2 * sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random())),
       '10.0.' || client / 256 || '.' || client %% 256, random, p.api_version
FROM (
    SELECT (%(start)s + (n + random()) * %(step)s)::bigint AS ms,
           replace(gen_random_uuid()::text, '-', '') AS random,
           floor(random() * %(endpoints)s)::int AS place, floor(random() * 10)::int AS outcome,
           floor(random() * %(callers)s)::int AS client
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
) AS asked
CROSS JOIN (SELECT * FROM predictions_prediction WHERE id = %(pattern)s) AS p
"""


def fill(url: str, *, rows: int, placement: Placement, pattern: str) -> None:
    """`rows` until now, like the one whose id is `pattern`."""
    now = datetime.now(UTC)
    start = now - placement.back
    values = {
        "start": start.timestamp() * 1000,
        "step": placement.back.total_seconds() * 1000 / rows,
        "pattern": pattern,
        "callers": placement.callers,
        "endpoints": placement.endpoints,
        "versions": placement.versions,
    }
    with psycopg.connect(url, autocommit=True) as database:
        database.execute(
            "SELECT predictions_make_partition(day) FROM "
            "generate_series(%s::timestamptz, %s, interval '1 day') AS day",
            [start, now],
        )
        for first in range(0, rows, BATCH):
            last = min(first + BATCH, rows) - 1
            database.execute(FILL, {**values, "first": first, "last": last})


def sizes(url: str) -> dict[str, int]:
    """Bytes on disk with indexes: the log, and the tables of its counts."""
    with psycopg.connect(url) as database:
        found = database.execute(
            "SELECT 'the log', sum(pg_total_relation_size(inhrelid))::bigint FROM pg_inherits "
            "WHERE inhparent = 'predictions_prediction'::regclass "
            "UNION ALL SELECT 'its index of created_at', sum(pg_relation_size(inhrelid))::bigint "
            "FROM pg_inherits WHERE inhparent = 'prediction_created'::regclass "
            "UNION ALL SELECT 'its counts', sum(pg_total_relation_size(oid))::bigint "
            "FROM pg_class WHERE relkind = 'r' AND relname LIKE 'traffic\\_%'"
        ).fetchall()
    return {name: int(size) for name, size in found}
