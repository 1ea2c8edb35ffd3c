"""The figures of a picture, asked of the log itself as an operator would ask."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import psycopg

from predictions.traffic.pictures import SPANS, Counts, Latency, Picture

IN_WINDOW = """FROM predictions_prediction
WHERE id >= predictions_first_id(%(start)s) AND id < predictions_first_id(%(end)s)"""
CLASSES = """
count(*) FILTER (WHERE endpoint <> 'batch' AND status < 400),
count(*) FILTER (WHERE endpoint <> 'batch' AND status BETWEEN 400 AND 499),
count(*) FILTER (WHERE endpoint <> 'batch' AND status >= 500),
count(*) FILTER (WHERE endpoint = 'batch')"""
TIMES = """
percentile_disc(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY latency_ms)
FILTER (WHERE endpoint <> 'batch' AND status < 400)"""


def latency(found: list[float] | None) -> Latency:
    return Latency(*(float(f"{value:.2g}") for value in found)) if found else Latency()


def assert_equals_the_log(picture: Picture, database: psycopg.Connection[Any]) -> int:
    """Every number of it. How many rows the log has in its window."""
    window = {"start": picture.start, "end": picture.end, "bin": picture.bin}

    def ask(statement: str) -> list[Any]:
        return database.execute(statement, window).fetchall()

    [(*counts, times)] = ask(f"SELECT {CLASSES}, {TIMES} {IN_WINDOW}")
    assert (picture.counts, picture.latency) == (Counts(*counts), latency(times))
    _assert_bins(picture, ask)
    _assert_endpoints(picture, ask)
    single = f"{IN_WINDOW} AND endpoint <> 'batch'"
    statuses = dict(ask(f"SELECT status, count(*) {single} GROUP BY 1"))
    assert dict(picture.statuses) == statuses
    most = "ORDER BY count(*) DESC, 1"
    callers = ask(f"SELECT caller, {CLASSES} {IN_WINDOW} GROUP BY 1 {most}")
    shown = [(one.caller, one.counts) for one in picture.callers]
    assert shown == [(name, Counts(*rest)) for name, *rest in callers[:20]]
    rest = [Counts(*counts) for _, *counts in callers[20:]]
    assert picture.other_callers.number == len(rest)
    assert picture.other_callers.counts == Counts().plus(rest)
    _assert_versions(picture, ask)
    return sum(counts)


def _assert_bins(picture: Picture, ask: Any) -> None:
    rows = ask(
        "SELECT date_bin(%(bin)s, predictions_moment(id), %(start)s), "
        f"{CLASSES}, {TIMES} {IN_WINDOW} GROUP BY 1"
    )
    found = {bin: (Counts(*counts), latency(times)) for bin, *counts, times in rows}
    bins = {bin.start: (bin.counts, bin.latency) for bin in picture.bins}
    starts = list(bins)
    assert starts[0] == picture.start and starts[-1] < picture.end <= starts[-1] + picture.bin
    assert {b - a for a, b in pairwise(starts)} == {picture.bin}
    assert {start: bin for start, bin in bins.items() if bin != (Counts(), Latency())} == found
    span = SPANS[picture.window]
    shorter = span.length - (picture.end - picture.start)
    assert timedelta(0) <= shorter < span.bin + span.begins_with


def _assert_endpoints(picture: Picture, ask: Any) -> None:
    statuses = ask(f"SELECT predictor, endpoint, status, count(*) {IN_WINDOW} GROUP BY 1, 2, 3")
    times = ask(f"SELECT predictor, endpoint, {TIMES} {IN_WINDOW} GROUP BY 1, 2")
    shown = picture.endpoints
    assert {
        (one.predictor, one.endpoint, status, count)
        for one in shown
        for status, count in one.statuses.items()
    } == set(statuses)
    assert {(one.predictor, one.endpoint): one.latency for one in shown} == {
        (predictor, endpoint): latency(found) for predictor, endpoint, found in times
    }
    totals = [one.total for one in shown]
    assert totals == sorted(totals, reverse=True)
    assert totals == [one.answered + one.client_errors + one.server_errors for one in shown]


def _assert_versions(picture: Picture, ask: Any) -> None:
    rows = ask(
        f"SELECT log.predictor, coalesce(log.model_version_id, 0), v.version, "
        f"coalesce(v.name, ''), {CLASSES} FROM (SELECT * {IN_WINDOW}) AS log "
        "LEFT JOIN modelregistry_modelversion AS v ON v.id = log.model_version_id "
        "GROUP BY 1, 2, 3, 4 ORDER BY count(*) DESC, 1, 2"
    )
    shown = [(one.predictor, one.version, one.name, one.counts) for one in picture.versions]
    known = [(row[0], row[2], row[3], Counts(*row[4:])) for row in rows]
    assert shown == known[:20]
    others = picture.other_versions
    assert (others.number, others.counts) == (
        len(known[20:]),
        Counts().plus(one[-1] for one in known[20:]),
    )
