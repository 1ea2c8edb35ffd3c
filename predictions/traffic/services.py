"""What was asked, by whom, and how it went: figures of the audit log."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from predictions.models import BATCH, Prediction
from predictions.shadow.models import moment_of
from predictions.traffic.pictures import (
    MOST_CALLERS,
    MOST_VERSIONS,
    PERCENTILES,
    SPANS,
    Bin,
    Caller,
    Counts,
    Endpoint,
    Latency,
    Others,
    Picture,
    Version,
)


def picture(*, window: str) -> Picture:
    """Of one of SPANS. Raises KeyError."""
    span = SPANS[window]
    end = datetime.now(UTC).replace(second=0, microsecond=0)
    last = datetime.fromtimestamp((end.timestamp() - 1) // span.bin.seconds * span.bin.seconds, UTC)
    start = last - (span.bins - 1) * span.bin
    rows = list(
        Prediction.objects.since(start)
        .before(end)
        .values_list(
            *("id", "predictor", "endpoint", "status", "latency_ms", "caller"),
            *("model_version__version", "model_version__name"),
        )
    )
    by: dict[str, dict[Any, list[Any]]] = {
        name: defaultdict(list) for name in ("bin", "endpoint", "caller", "version")
    }
    for row in rows:
        by["bin"][(moment_of(row[0]) - start) // span.bin].append(row)
        by["endpoint"][row[1:3]].append(row)
        by["caller"][row[5]].append(row)
        by["version"][(row[1], row[6], row[7] or "")].append(row)
    single = [row for row in rows if row[2] != BATCH]
    callers = [Caller(name, _counts(of)) for name, of in _largest(by["caller"])]
    versions = [Version(*key, _counts(of)) for key, of in _largest(by["version"])]
    return Picture(
        window=window,
        start=start,
        end=end,
        bin=span.bin,
        counted_until=datetime.now(UTC),
        bins=[
            Bin(start + n * span.bin, _counts(by["bin"][n]), _latency(by["bin"][n]))
            for n in range(span.bins)
        ],
        counts=_counts(rows),
        statuses=dict(sorted(Counter(row[3] for row in single).items())),
        latency=_latency(rows),
        endpoints=[
            Endpoint(*key, dict(sorted(Counter(row[3] for row in of).items())), _latency(of))
            for key, of in _largest(by["endpoint"])
        ],
        callers=callers[:MOST_CALLERS],
        other_callers=_others([one.counts for one in callers[MOST_CALLERS:]]),
        versions=versions[:MOST_VERSIONS],
        other_versions=_others([one.counts for one in versions[MOST_VERSIONS:]]),
    )


def _largest(groups: dict[Any, list[Any]]) -> list[tuple[Any, list[Any]]]:
    return sorted(groups.items(), key=lambda group: -len(group[1]))


def _counts(rows: Iterable[Any]) -> Counts:
    found = Counter(0 if row[2] == BATCH else max(row[3] // 100, 2) for row in rows)
    return Counts(found[2] + found[3], found[4], found[5], found[0])


def _others(found: list[Counts]) -> Others:
    return Others(
        len(found),
        Counts(
            sum(one.answered for one in found),
            sum(one.client_errors for one in found),
            sum(one.server_errors for one in found),
            sum(one.batch_rows for one in found),
        ),
    )


def _latency(rows: Iterable[Any]) -> Latency:
    times = sorted(row[4] for row in rows if row[3] < 400 and row[2] != BATCH)
    if not times:
        return Latency()
    return Latency(*(float(f"{times[math.ceil(p * len(times)) - 1]:.2g}") for p in PERCENTILES))
