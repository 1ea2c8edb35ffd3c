"""The statement that counts rows of the log into all tables at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from predictions.models import BATCH, Prediction
from predictions.traffic.models import (
    COURSE,
    KEPT,
    NO_VERSION,
    TOTALS,
    CallerTraffic,
    Counted,
    EndpointLatency,
    EndpointTraffic,
    LatencyTraffic,
    VersionTraffic,
)

LOG = Prediction._meta.db_table
# Two digits of a latency, as a number that grows with it. From a microsecond to a day.
_MS = "least(greatest(latency_ms, 0.001), 1e8)"
_POWER = f"floor(log({_MS}))"
BUCKET = f"(90 * {_POWER} + round({_MS} / power(10::float8, {_POWER} - 1)) - 10)::smallint"

# Whether the transaction that wrote a row has a number from `first` up to `end`, of 64 bits. A row
# keeps the lower 32, which are enough: all that is asked about happened in the last 2^31.
_WRITTEN_IN = "(({}::text::bigint - %(first)s) & 4294967295) < %(end)s - %(first)s"

_CLASSES = """
    count(*) FILTER (WHERE NOT is_batch AND status < 400) AS answered,
    count(*) FILTER (WHERE NOT is_batch AND status BETWEEN 400 AND 499) AS client_errors,
    count(*) FILTER (WHERE NOT is_batch AND status > 499) AS server_errors,
    count(*) FILTER (WHERE is_batch) AS batch_rows"""


@dataclass(frozen=True, slots=True)
class _Table:
    model: type[Counted]
    keys: str
    """What is counted by, besides the time."""
    figures: str
    """Of some rows of `found`."""
    columns: tuple[str, ...]
    """Names of the figures."""
    where: str = "true"

    @property
    def name(self) -> str:
        return self.model._meta.db_table

    def insert(self) -> str:
        """By the minute first: of these there are far fewer than rows, and all grains have them."""
        t, keys, names = self.name, self.keys, ", ".join(self.columns)
        since = "of_course" if KEPT[self.model] is COURSE else "of_totals"
        sums = ", ".join(f"sum({name})" for name in self.columns)
        more = ", ".join(f"{name} = {t}.{name} + excluded.{name}" for name in self.columns)
        return f"""
    INSERT INTO {t} (grain, period, {keys}, {names})
    SELECT grain, date_bin(grain * interval '1 minute', minute, 'epoch') AS period, {keys}, {sums}
    FROM (SELECT minute, {keys}, {self.figures} FROM found WHERE {self.where}
          GROUP BY minute, {keys}) AS m
    JOIN grains ON minute >= {since}
    GROUP BY grain, period, {keys}
    ON CONFLICT (grain, period, {keys}) DO UPDATE SET {more}"""  # noqa: S608


_BY_CLASS = (_CLASSES, ("answered", "client_errors", "server_errors", "batch_rows"))
_COUNT = ("count(*) AS count", ("count",))
_ENDPOINTS = _Table(EndpointTraffic, "predictor, endpoint, status", *_COUNT)
_LATENCIES = _Table(LatencyTraffic, "bucket", *_COUNT, "bucket IS NOT NULL")
_OF_ENDPOINTS = _Table(
    EndpointLatency, "predictor, endpoint, bucket", *_COUNT, "bucket IS NOT NULL"
)
_CALLERS = _Table(CallerTraffic, "caller", *_BY_CLASS)
_VERSIONS = _Table(VersionTraffic, "predictor, model_version_id", *_BY_CLASS)
_TABLES = (_ENDPOINTS, _LATENCIES, _OF_ENDPOINTS, _CALLERS, _VERSIONS)


def _since(kept: Mapping[int, timedelta], grain: int) -> str:
    """From when on rows are counted by this grain."""
    if grain not in kept:
        return "'infinity'::timestamptz"
    return f"%(now)s - {round(kept[grain].total_seconds())} * interval '1 second'"


def statement(chosen: str, condition: str) -> str:
    """Counts what `chosen` selects and `condition` lets through.

    `chosen` ends a SELECT … FROM the log. Returns one row: how many were chosen, the first of their
    ids, how many were counted. `now`, a parameter beside theirs: grains go back from it.
    """
    grains = ", ".join(
        f"({grain}, {_since(COURSE, grain)}, {_since(TOTALS, grain)})" for grain in TOTALS
    )
    added = ", ".join(f"{table.name} AS ({table.insert()})" for table in _TABLES)
    return f"""
WITH grains (grain, of_course, of_totals) AS (VALUES {grains}),
chosen AS MATERIALIZED (
    SELECT id, xmin AS writer, created_at, predictor, endpoint, status, model_version_id, caller,
           latency_ms
    FROM {LOG} {chosen}),
found AS MATERIALIZED (
    SELECT date_bin('1 minute', predictions_moment(id), 'epoch') AS minute, predictor, endpoint,
           status, caller, coalesce(model_version_id, {NO_VERSION}) AS model_version_id,
           endpoint = '{BATCH}' AS is_batch,
           CASE WHEN status < 400 AND endpoint <> '{BATCH}' THEN {BUCKET} END AS bucket
    FROM chosen WHERE {condition}),
{added}
SELECT (SELECT count(*) FROM chosen), (SELECT id FROM chosen ORDER BY id LIMIT 1),
       (SELECT count(*) FROM found)"""  # noqa: S608


WRITTEN_BETWEEN = statement(
    f"WHERE created_at >= %(start)s AND created_at < %(stop)s AND {_WRITTEN_IN.format('xmin')}",
    "true",
)
"""Written by the transactions `first` up to `end`; looked for by `created_at`."""
OLDER = statement(
    "WHERE id >= %(id_from)s AND id < %(id_before)s ORDER BY id DESC LIMIT %(limit)s",
    # What was written long before is older than any that may not be counted yet.
    f"created_at < %(long_before)s OR NOT {_WRITTEN_IN.format('writer')}",
)
"""The next so many before an id that were not written by the transactions `first` up to `end`."""
MADE_BETWEEN = statement(
    "WHERE id >= %(id_from)s AND id < %(id_before)s",
    f"created_at < %(long_before)s OR NOT {_WRITTEN_IN.format('writer')}",
)
"""All between two ids, but for those transactions."""
