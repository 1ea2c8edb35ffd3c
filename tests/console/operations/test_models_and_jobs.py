"""What the operations page says of models, jobs and storage equals a query made by hand."""

import pytest
import redis
from django.conf import settings
from django.test import Client

from ops.queues import TAKEN

from .reading import Ask, Shown, moment, number, percent, three

# Of the copy of the database, in which all that is shown is committed.
pytestmark = pytest.mark.django_db


def test_it_works(day: Shown, ask: Ask) -> None:
    """What answers is what the registry says."""
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
