"""What the operations page says of requests equals a query made by hand."""

from datetime import datetime
from typing import Any

import pytest

from .reading import Ask, Shown, Table, number, percent, two_digits

# Of the copy of the database, in which all that is shown is committed.
pytestmark = pytest.mark.django_db
LOG = """FROM predictions_prediction
WHERE id >= predictions_first_id(%s) AND id < predictions_first_id(%s)"""
CLASSES = """count(*) FILTER (WHERE status < 400 AND endpoint <> 'batch'),
count(*) FILTER (WHERE status BETWEEN 400 AND 499 AND endpoint <> 'batch'),
count(*) FILTER (WHERE status >= 500 AND endpoint <> 'batch'),
count(*) FILTER (WHERE endpoint = 'batch')"""
TIMES = """percentile_disc(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY latency_ms)
FILTER (WHERE status < 400 AND endpoint <> 'batch')"""


def test_it_works(shown: Shown, ask: Ask) -> None:
    """How many were asked and answered, and how quickly."""
    [(answered, refused, failed, _, times)] = ask(
        f"SELECT {CLASSES}, {TIMES} {LOG}", shown.start, shown.end
    )
    asked = answered + refused + failed
    assert asked > 300
    assert shown.tiles["Predictions asked"] == number(asked)
    for name, count in (
        ("Answered", answered),
        ("Refused (4xx)", refused),
        ("Failed (5xx)", failed),
    ):
        assert shown.tiles[name] == percent(100 * count / asked)
        assert (
            f'<dt>{name}</dt><dd>{shown.tiles[name]}</dd><dd class="note">{count:,}<' in shown.text
        )
    p50, p95, p99 = two_digits(times)
    assert shown.tiles["Latency, p50"] == f"{p50} ms"
    assert f"p95 {p95}, p99 {p99}" in shown.text


def test_each_bin_is_that_of_the_log(shown: Shown, ask: Ask) -> None:
    bins = shown.tables["bins"]
    starts = [datetime.fromisoformat(row[0].split()[0]) for row in reversed(bins)]
    assert starts[0] == shown.start
    length = starts[1] - starts[0]
    found = {
        start: [*map(number, counts), *two_digits(times)]
        for start, *counts, times in ask(
            f"SELECT date_bin(%s, predictions_moment(id), %s), {CLASSES}, {TIMES} {LOG} GROUP BY 1",
            *(length, shown.start, shown.start, shown.end),
        )
    }
    empty = ["0"] * 4 + ["–"] * 3
    assert [row[1:] for row in reversed(bins)] == [found.get(start, empty) for start in starts]
    assert len(found) > 40


def test_the_charts_draw_the_numbers_of_the_tables(shown: Shown) -> None:
    drawn, bins = shown.charts, shown.tables["bins"][::-1]
    assert [number(one) for one in drawn["answered"]] == [row[1] for row in bins]
    assert [number(one) for one in drawn["client_errors"]] == [row[2] for row in bins]
    assert [number(one) for one in drawn["server_errors"]] == [row[3] for row in bins]
    for place, name in enumerate(("p50", "p95", "p99"), 5):
        told = ["–" if one is None else f"{one:,g}" for one in drawn[name]]
        assert told == [row[place] for row in bins]
    marks = [
        (datetime.fromisoformat(row[0].split()[0]).timestamp(), f"{row[1]} {row[3]}")
        for row in shown.tables["switches"]
    ]
    assert [(one["at"], one["label"]) for one in drawn["marks"]] == marks[::-1]
    assert marks


def test_endpoints_callers_and_versions_are_those_of_the_log(shown: Shown, ask: Ask) -> None:
    window = shown.start, shown.end
    endpoints = ask(
        "SELECT endpoint, predictor, count(*), count(*) FILTER (WHERE status < 400), "
        "count(*) FILTER (WHERE status BETWEEN 400 AND 499), "
        f"count(*) FILTER (WHERE status >= 500), {TIMES} {LOG} GROUP BY 1, 2",
        *window,
    )
    told = [[*row[:6], *row[7:]] for row in shown.tables["endpoints"]]
    assert sorted(told) == sorted(
        [endpoint, predictor, *map(number, counts), *two_digits(times)]
        for endpoint, predictor, *counts, times in endpoints
    )
    statuses = ask(f"SELECT endpoint, predictor, status, count(*) {LOG} GROUP BY 1, 2, 3", *window)
    assert {
        (row[0], row[1], part) for row in shown.tables["endpoints"] for part in row[6].split("; ")
    } == {(endpoint, of, f"{status}: {count:,}") for endpoint, of, status, count in statuses}
    callers = ask(f"SELECT caller, {CLASSES} {LOG} GROUP BY 1 ORDER BY count(*) DESC, 1", *window)
    assert shown.tables["callers"] == with_others(callers)
    versions = ask(
        "SELECT log.predictor || ' ' || coalesce(v.version::text, 'none'), "
        f"{CLASSES} FROM (SELECT * {LOG}) AS log "
        "LEFT JOIN modelregistry_modelversion AS v ON v.id = log.model_version_id "
        "GROUP BY log.predictor, log.model_version_id, v.version "
        "ORDER BY count(*) DESC, log.predictor, coalesce(log.model_version_id, 0)",
        *window,
    )
    assert shown.tables["answered-by"] == with_others(versions)


def with_others(found: list[tuple[Any, ...]], most: int = 20) -> Table:
    told = [[name, *map(number, counts)] for name, *counts in found[:most]]
    rest = [counts for _, *counts in found[most:]]
    sums = [number(sum(column)) for column in zip(*rest, strict=True)]
    return [*told, *([[f"{len(rest):,} others", *sums]] if rest else [])]


def test_http_requests_are_those_that_the_web_processes_counted(shown: Shown, ask: Ask) -> None:
    grain = "hour" if (shown.end - shown.start).days > 1 else "minute"
    found = ask(
        "SELECT route, method, sum(count)::bigint, "
        "coalesce(sum(count) FILTER (WHERE status / 100 = 2), 0)::bigint, "
        "coalesce(sum(count) FILTER (WHERE status / 100 = 3), 0)::bigint, "
        "coalesce(sum(count) FILTER (WHERE status / 100 = 4), 0)::bigint, "
        "coalesce(sum(count) FILTER (WHERE status / 100 = 5), 0)::bigint "
        "FROM usage_requestcount WHERE grain = %s AND period >= %s AND period < %s "
        "GROUP BY 1, 2",
        *(grain, shown.start, shown.end),
    )
    total, *listed, others = [row[:-1] for row in shown.tables["http-requests"]]
    by_hand = {(route, method): [*map(number, counts)] for route, method, *counts in found}
    assert len(listed) == 30
    for route, method, *counts in listed:
        assert counts == by_hand.pop((route, method))
    sums = [number(sum(column)) for column in zip(*(row[2:] for row in found), strict=True)]
    assert total == ["all", "–", *sums]
    assert others[:3] == [
        f"{len(by_hand)} others",
        "–",
        number(sum(int(one[0]) for one in by_hand.values())),
    ]
