"""The counts of a window, summed up by the database."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from modelregistry.models import ModelVersion
from predictions.models import BATCH
from predictions.traffic.models import (
    COURSE,
    KEPT,
    CallerTraffic,
    Counted,
    EndpointLatency,
    EndpointTraffic,
    LatencyTraffic,
    VersionTraffic,
)
from predictions.traffic.pictures import (
    MOST_CALLERS,
    MOST_VERSIONS,
    PERCENTILES,
    Caller,
    Counts,
    Latency,
    Version,
)
from predictions.traffic.windows import Window, minutes_of, pieces

# Each piece by itself: for what it is joined with, the planner would read the whole table.
_PIECE = """
SELECT * FROM {table} WHERE grain = {piece.grain}
AND period >= '{piece.start}'::timestamptz AND period < '{piece.end}'::timestamptz"""
_BIN = "date_bin(%(bin)s, period, %(start)s)"
_STATUSES = f"""
SELECT {_BIN} AS bin, predictor, endpoint, status, endpoint = '{BATCH}' AS is_batch,
       sum(count)::bigint {{of}}
GROUP BY GROUPING SETS ((bin, status, is_batch), (predictor, endpoint, status))"""
# As percentile_disc finds it: the first that so large a share does not exceed.
_PERCENTILES = ", ".join(
    f"min(bucket) FILTER (WHERE up_to >= ceil({share}::float8 * total))" for share in PERCENTILES
)
_LATENCIES = f"""
WITH found AS (
    SELECT {{key}}, bucket, sum(count) AS count {{of}} GROUP BY {{sets}}),
running AS (
    SELECT {{names}}, bucket, sum(count) OVER (PARTITION BY {{names}} ORDER BY bucket) AS up_to,
           (sum(count) OVER (PARTITION BY {{names}}))::float8 AS total
    FROM found)
SELECT {{names}}, {_PERCENTILES} FROM running GROUP BY {{names}}"""  # noqa: S608
_CLASSES = ("answered", "client_errors", "server_errors", "batch_rows")
_LARGEST = f"""
SELECT {{keys}}, {", ".join(f"sum({name})::bigint" for name in _CLASSES)}, count(*) OVER () {{of}}
GROUP BY {{keys}} ORDER BY sum({" + ".join(_CLASSES)}) DESC, {{keys}} LIMIT {{most}}"""


class Statuses:
    """Rows of the log by HTTP status."""

    def __init__(self, window: Window) -> None:
        self.in_bin: dict[datetime, Counts] = {}
        self.of_endpoint: dict[tuple[str, str], dict[int, int]] = defaultdict(dict)
        """By predictor and endpoint."""
        in_bin: dict[datetime, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
        of = _of(window, EndpointTraffic)
        for bin, predictor, endpoint, status, is_batch, count in _rows(_STATUSES, of, window):
            if bin is None:
                self.of_endpoint[predictor, endpoint][status] = count
            else:
                in_bin[bin][3 if is_batch else _class(status)] += count
        self.in_bin = {bin: Counts(*counts) for bin, counts in in_bin.items()}

    @property
    def total(self) -> Counts:
        return Counts().plus(self.in_bin.values())


def latencies(window: Window) -> Mapping[datetime | None, Latency]:
    """Of each bin that has any; None: of the whole window."""
    of = _of(window, LatencyTraffic)
    rows = _rows(
        _LATENCIES,
        of,
        window,
        key=f"{_BIN} AS bin",
        names="bin",
        sets="GROUPING SETS ((bin, bucket), (bucket))",
    )
    return {bin: _latency(buckets) for bin, *buckets in rows}


def latencies_of_endpoints(window: Window) -> Mapping[tuple[str, str], Latency]:
    """By predictor and endpoint."""
    names = "predictor, endpoint"
    of = _of(window, EndpointLatency)
    rows = _rows(_LATENCIES, of, window, key=names, names=names, sets=f"{names}, bucket")
    return {(predictor, endpoint): _latency(buckets) for predictor, endpoint, *buckets in rows}


def _latency(buckets: Sequence[int]) -> Latency:
    return Latency(*map(milliseconds, buckets))


def callers(window: Window) -> tuple[list[Caller], int]:
    """Those with most rows, and how many there are in all."""
    of = _of(window, CallerTraffic)
    rows = _rows(_LARGEST, of, window, keys="caller", most=MOST_CALLERS)
    return [Caller(row[0], Counts(*row[1:5])) for row in rows], rows[0][-1] if rows else 0


def versions(window: Window) -> tuple[list[Version], int]:
    """Those with most rows, and how many there are in all."""
    of = _of(window, VersionTraffic)
    keys = "predictor, model_version_id"
    rows = _rows(_LARGEST, of, window, keys=keys, most=MOST_VERSIONS)
    known = ModelVersion.objects.filter(pk__in=[row[1] for row in rows])
    names = {pk: (number, name) for pk, number, name in known.values_list("pk", "version", "name")}
    found = []
    for predictor, pk, *counts, _ in rows:
        number, name = names.get(pk, (None, ""))
        found.append(Version(predictor, number, name, Counts(*counts)))
    return found, rows[0][-1] if rows else 0


def milliseconds(bucket: int) -> float:
    """Two digits and a power of ten, as `adding.BUCKET` numbers them."""
    power, digits = divmod(bucket, 90)
    return float(f"{digits + 10}e{power - 1}")


def _class(status: int) -> int:
    return 0 if status < 400 else 1 if status < 500 else 2


def _of(window: Window, table: type[Counted]) -> str:
    """Numbers and moments of ours: nothing that anybody sent."""
    kept = KEPT[table]
    largest = minutes_of(window.bin) if kept is COURSE else max(kept)
    grains = [grain for grain in kept if grain <= largest]
    united = " UNION ALL ".join(
        _PIECE.format(table=table._meta.db_table, piece=piece)
        for piece in pieces(window.start, window.end, grains)
    )
    return f"FROM ({united}) AS counted"


def _rows(template: str, of: str, window: Window, **more: Any) -> Sequence[tuple[Any, ...]]:
    values: Any = {"bin": window.bin, "start": window.start}
    with connection.cursor() as cursor:
        cursor.execute(template.format(of=of, **more), values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
