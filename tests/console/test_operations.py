"""The operations page: every number of it equals a query made by hand."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import psycopg
import pytest
import redis
from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.contrib.staticfiles import finders
from django.test import Client, override_settings

from ops.queues import TAKEN

from .operated import operated
from .reading import Table, tables

PAGE = "/console/operations/"
# Of the copy that `database` makes, whose other rows are committed.
pytestmark = pytest.mark.django_db
WINDOWS = ("1h", "24h", "30d")
Ask = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def database(django_db_setup: None, django_db_blocker: Any) -> Iterator[psycopg.Connection[Any]]:
    with operated(django_db_blocker) as database:
        yield database


@pytest.fixture
def ask(database: psycopg.Connection[Any]) -> Ask:
    return lambda query, *values: database.execute(query, values).fetchall()


def login(name: str, **facts: Any) -> Client:
    user, _ = User.objects.get_or_create(username=name, defaults=facts)
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


@pytest.fixture(scope="module")
def operator(database: psycopg.Connection[Any]) -> Client:
    return login("olga", is_staff=True, is_superuser=True)


def charts(page: str) -> dict[str, Any]:
    found = re.search(r'<script id="charts" type="application/json">(.*?)</script>', page)
    assert found
    return dict(json.loads(found[1]))


class Shown:
    """The page of one window."""

    def __init__(self, client: Client, window: str) -> None:
        response = client.get(f"{PAGE}?range={window}")
        assert response.status_code == 200, response.content
        self.text = response.content.decode()
        self.tables: dict[str, Table] = tables(self.text)
        start, end = re.findall(r'<time datetime="([^"]+)"', self.text)[:2]
        self.start, self.end = datetime.fromisoformat(start), datetime.fromisoformat(end)
        tiles = re.findall(r"<dt>([^<]*)</dt><dd>([^<]*)</dd>", self.text)
        self.tiles = dict(tiles)


@pytest.fixture(scope="module", params=WINDOWS)
def shown(operator: Client, request: pytest.FixtureRequest) -> Shown:
    return Shown(operator, request.param)


@pytest.fixture(scope="module")
def day(operator: Client) -> Shown:
    return Shown(operator, "24h")


LOG = """FROM predictions_prediction
WHERE id >= predictions_first_id(%s) AND id < predictions_first_id(%s)"""
CLASSES = """count(*) FILTER (WHERE status < 400 AND endpoint <> 'batch'),
count(*) FILTER (WHERE status BETWEEN 400 AND 499 AND endpoint <> 'batch'),
count(*) FILTER (WHERE status >= 500 AND endpoint <> 'batch'),
count(*) FILTER (WHERE endpoint = 'batch')"""
TIMES = """percentile_disc(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY latency_ms)
FILTER (WHERE status < 400 AND endpoint <> 'batch')"""


def number(count: float) -> str:
    return f"{count:,}"


def two_digits(times: list[float] | None) -> list[str]:
    return [f"{float(f'{time:.2g}'):,g}" for time in times] if times else ["–"] * 3


def percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f} %"


def three(value: float | None) -> str:
    return "–" if value is None else f"{value:,.3g}"


def moment(value: datetime | None) -> str:
    return "–" if value is None else f"{value.isoformat()} {value:%Y-%m-%d %H:%M:%S}"


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
    drawn, bins = charts(shown.text), shown.tables["bins"][::-1]
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


def test_what_answers_is_what_the_registry_says(day: Shown, ask: Ask) -> None:
    processes = ask(
        "SELECT host || ' ' || pid, v.version || coalesce(nullif(' ' || fault, ' '), ''), "
        "p.engine, since, seen_at FROM modelregistry_servingprocess p "
        "JOIN modelregistry_modelversion v ON v.id = p.model_version_id "
        "WHERE p.predictor = 'homes' ORDER BY host, pid"
    )
    assert len(processes) == 3
    told = [[*row[:3], moment(row[3]), moment(row[4])] for row in processes]
    assert day.tables["processes-homes"] == told
    assert "not all answer with the active version" in day.text
    for predictor in ("homes", "bitcoin"):
        versions = ask(
            "SELECT version::text, name, trained_on ->> 'data', created_at, is_active, gate "
            "FROM modelregistry_modelversion WHERE predictor = %s ORDER BY version DESC",
            predictor,
        )
        shown = day.tables[f"versions-{predictor}"]
        assert [[row[0], *row[2:4]] for row in shown] == [list(row[:3]) for row in versions]
        assert [row[6] for row in shown] == [moment(row[3]) for row in versions]
        states = ["active" if row[4] else f"Activate {predictor} {row[0]}" for row in versions]
        assert [row[1] for row in shown] == states


def test_the_activations_are_those_of_the_window(shown: Shown, ask: Ask) -> None:
    found = ask(
        "SELECT a.at, a.predictor, coalesce(f.version::text, '–'), t.version::text, a.actor, "
        "a.reason FROM modelregistry_activation a "
        "LEFT JOIN modelregistry_modelversion f ON f.id = a.from_version_id "
        "JOIN modelregistry_modelversion t ON t.id = a.to_version_id "
        "WHERE a.at >= %s ORDER BY a.at DESC",
        shown.start,
    )
    assert shown.tables["switches"] == [[moment(at), *rest] for at, *rest in found]
    assert ["olga", "better"] in [row[4:] for row in shown.tables["switches"]]


def test_live_accuracy_is_that_of_the_outcomes(day: Shown, ask: Ask) -> None:
    found = ask(
        "SELECT o.predictor || ' ' || v.version, is_synthetic, count(*), "
        "100 * percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(prediction - actual) / actual), "
        "(v.metrics -> 'test' ->> 'mdape')::float8, "
        "100 * percentile_cont(0.5) WITHIN GROUP (ORDER BY (prediction - actual) / actual), "
        "100.0 * avg((abs(prediction - actual) <= 0.1 * actual)::int), count(lower), "
        "100.0 * avg((actual BETWEEN lower AND upper)::int) FILTER (WHERE lower IS NOT NULL) "
        "FROM outcomes_outcome o JOIN modelregistry_modelversion v ON v.id = model_version_id "
        "WHERE recorded_at >= now() - interval '30 days' "
        "GROUP BY o.predictor, v.version, v.metrics, is_synthetic "
        "ORDER BY v.version DESC, is_synthetic"
    )
    assert len(found) == 3
    by_hand = []
    for name, made_up, n, mdape, trained, median, within, intervals, inside in found:
        told = [mdape, trained, median, within] if n >= 5 else [None, trained, None, None]
        of = "synthetic" if made_up else "real"
        covered = percent(inside if intervals >= 5 else None)
        by_hand.append([name, of, number(n), *map(percent, told), number(intervals), covered])
    assert day.tables["outcomes"] == by_hand


def test_the_forecasts_of_bitcoin_are_as_far_off_as_by_hand(shown: Shown, ask: Ask) -> None:
    found = ask(
        "SELECT 'bitcoin ' || v.version, count(*), sqrt(avg((prediction - actual) ^ 2)), "
        "sqrt(avg((last_close - actual) ^ 2)), sqrt(avg((ewma - actual) ^ 2)), "
        "avg(abs(prediction - actual)), "
        "100.0 * avg((sign(prediction - last_close) = sign(actual - last_close))::int) "
        "FILTER (WHERE actual <> last_close) "
        "FROM bitcoin_forecast f JOIN modelregistry_modelversion v ON v.id = f.model_version_id "
        "WHERE target = 'next_close' AND predicted_at >= %s GROUP BY v.version ORDER BY v.version",
        shown.start,
    )
    assert shown.tables["forecasts"] == [
        [name, number(n), *map(three, errors), percent(right)] for name, n, *errors, right in found
    ]
    assert found


def test_drift_is_that_of_the_newest_report(day: Shown, ask: Ask) -> None:
    [(name, until, report)] = ask(
        "SELECT v.predictor || ' ' || v.version, window_to, r.id FROM drift_driftreport r "
        "JOIN modelregistry_modelversion v ON v.id = version_id ORDER BY r.id DESC LIMIT 1"
    )
    assert day.tables["drifts"] == [
        [name, "alert", moment(until), "812", "640", "0.125", "sqft_living: 0.31", str(report)],
        ["bitcoin", "No report yet"],
    ]


def test_jobs_are_those_of_their_tables(day: Shown, ask: Ask) -> None:
    states = ask("SELECT state, count(*) FROM batches_batch GROUP BY 1")
    counts = {state: number(count) for state, count in states}
    assert {row[0]: row[1] for row in day.tables["batch-states"] if row[1] != "0"} == counts
    batches = ask(
        "SELECT coalesce(nullif(file_name, ''), b.id::text), b.predictor || ' ' || v.version, "
        "state, coalesce(sum(c.rows) FILTER (WHERE done_at IS NOT NULL), 0)::text, "
        "coalesce(b.rows::text, '–'), "
        "coalesce(sum(c.failed) FILTER (WHERE done_at IS NOT NULL), 0)::text, "
        "b.created_at, b.finished_at FROM batches_batch b "
        "JOIN modelregistry_modelversion v ON v.id = model_version_id "
        "LEFT JOIN batches_batchchunk c ON c.batch_id = b.id GROUP BY b.id, v.version "
        "ORDER BY b.finished_at DESC NULLS FIRST LIMIT 10"
    )
    told = [[*row[:6], moment(row[6]), moment(row[7])] for row in batches]
    assert day.tables["batches"] == told
    assert told[0][2:6] == ["scoring", "20", "30", "1"]
    runs = ask("SELECT predictor, state, count(*)::text FROM training_trainingrun GROUP BY 1, 2")
    assert sorted(map(tuple, day.tables["run-states"])) == sorted(runs)
    newest = ask(
        "SELECT r.id::text, r.predictor, recipe, state, "
        "coalesce(nullif(requested_by, ''), trigger), "
        "requested_at, coalesce(v.version::text, '–'), summary FROM training_trainingrun r "
        "LEFT JOIN modelregistry_modelversion v ON v.id = version_id ORDER BY r.id DESC LIMIT 10"
    )
    shown = day.tables["runs"]
    assert [[*row[:5], row[7], row[8]] for row in shown] == [[*r[:5], *r[6:]] for r in newest]
    assert [row[5] for row in shown] == [moment(row[5]) for row in newest]
    assert shown[0][6] == "90 s"


def test_queues_and_sizes_are_those_of_redis_and_postgresql(operator: Client, ask: Ask) -> None:
    with redis.Redis.from_url(settings.REDIS_URL) as broker:
        broker.delete("batches", "default", "training", TAKEN)
        broker.rpush("batches", "one", "two", "three")
        try:
            shown = Shown(operator, "1h").tables
        finally:
            broker.delete("batches")
    waiting = [["batches", "3"], ["default", "0"], ["training", "0"], ["taken, of all", "0"]]
    assert shown["queues"] == waiting
    database, log, *months = shown["sizes"]
    [(size,)] = ask("SELECT pg_database_size(current_database())")
    # The visit itself wrote a session, and a table may have grown by some pages for it.
    assert abs(int(database[1].split()[0]) - size) < 1_000_000
    leaves = "FROM pg_partition_tree('predictions_prediction') WHERE isleaf"
    [(size,)] = ask(f"SELECT sum(pg_total_relation_size(relid)) {leaves}")
    assert int(log[1].split()[0]) == size
    [(rows,)] = ask("SELECT count(*) FROM predictions_prediction")
    assert log[2] == number(rows)
    counts = ask(
        "SELECT to_char(predictions_moment(id), '– YYYY-MM'), count(*) "
        "FROM predictions_prediction GROUP BY 1 ORDER BY 1"
    )
    assert [(row[0], row[2]) for row in months] == [(name, number(n)) for name, n in counts]


def test_what_needs_attention_stands_first(day: Shown) -> None:
    found = re.findall(r'<span class="badge (\w+)">\w+</span> <a href="#(\w+)">([^<]+)', day.text)
    texts = {text: kind for kind, _, text in found}
    assert "homes: 1 of 3 web processes do not answer with version 2: no memory" in texts
    assert any("were answered with 5xx" in text for text in texts)
    assert any(re.fullmatch(r"homes: training run \d+ failed", text) for text in texts)
    assert [kind for kind, _, _ in found] == sorted(kind for kind, _, _ in found)
    places = set(re.findall(r'id="(\w+)"', day.text))
    assert {part for _, part, _ in found} <= places


@override_settings(REDIS_URL="redis://127.0.0.1:9")
def test_without_redis_the_page_says_so_and_opens(operator: Client) -> None:
    shown = Shown(operator, "1h")
    assert shown.tables["queues"] == [["Redis cannot be reached"]]
    assert "Redis cannot be reached: jobs wait" in shown.text


def test_an_unknown_range_is_the_usual_one(operator: Client) -> None:
    assert Shown(operator, "7y").start == Shown(operator, "24h").start


def test_others_are_sent_to_log_in_and_see_nothing(database: psycopg.Connection[Any]) -> None:
    for client in (Client(), login("carl")):
        response = client.get(f"{PAGE}?range=1h")
        assert (response.status_code, response.content) == (302, b"")
        assert response["Location"] == "/admin/login/?next=/console/operations/%3Frange%3D1h"


def test_staff_see_callers_and_switch_only_with_the_permission(
    database: psycopg.Connection[Any],
) -> None:
    client = login("sam", is_staff=True)
    text = client.get(PAGE).content.decode()
    assert 'id="callers"' not in text and 'class="switch"' not in text
    may = Permission.objects.filter(codename__in=("view_prediction", "change_modelversion"))
    User.objects.get(username="sam").user_permissions.set(may)
    text = client.get(PAGE).content.decode()
    assert 'id="callers"' in text and 'data-url="/api/models/homes/rollback/"' in text


def test_all_of_it_is_served_by_the_service_and_nothing_runs_inline(operator: Client) -> None:
    text = operator.get(PAGE).content.decode()
    files = re.findall(r'(?:src|href)="/static/([^"]+)"', text)
    assert len(files) >= 6
    assert all(finders.find(file) for file in files)
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', text)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", text)
    scripts = re.findall(r"<script[^>]*>", text)
    assert [script for script in scripts if " src=" not in script] == [
        '<script id="charts" type="application/json">'
    ]


def test_nobody_keeps_it(operator: Client) -> None:
    assert "no-store" in operator.get(PAGE)["Cache-Control"]
