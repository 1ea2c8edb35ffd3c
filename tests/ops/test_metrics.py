"""GET /metrics: all that Prometheus reads."""

import re
import shutil
import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import redis
from django.conf import settings
from django.db import connection
from django.test import Client, override_settings
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from modelregistry.models import ModelVersion, ServingProcess
from ops import queues
from ops.metrics.exposition import GROUPS, MEASURES, exposition
from predictions.batches.models import Batch, BatchChunk
from predictions.drift import services as drift
from predictions.drift.models import DriftReport
from predictions.outcomes.accuracy import Wanted, accuracy
from predictions.outcomes.models import Outcome, Source
from predictions.training.models import TrainingRun
from tests.predictions.versions.conftest import another

Samples = dict[tuple[str, ...], float]


class Scrape:
    def __init__(self, api: Client) -> None:
        response = api.get("/metrics")
        assert response.status_code == 200
        assert response["Content-Type"].startswith("text/plain")
        self.families: dict[str, Metric] = {
            family.name + "_total" * (family.type == "counter"): family
            for family in text_string_to_metric_families(response.content.decode())
        }

    def __getitem__(self, name: str) -> Samples:
        """Values by those of the labels, in the order that the docs list."""
        order = next(measure.labels for measure in MEASURES if measure.name == name)
        return {
            tuple(sample.labels[label] for label in order): sample.value
            for sample in self.families[name].samples
        }


@pytest.fixture
def empty_queues() -> Iterator[redis.Redis]:
    with redis.Redis.from_url(settings.REDIS_URL) as broker:
        broker.delete(*queues.names(), queues.TAKEN)
        yield broker
        broker.delete(*queues.names(), queues.TAKEN)


def a_process(version: ModelVersion | None, **more: Any) -> None:
    ServingProcess.objects.create(
        **{
            "process": uuid.uuid4(),
            "host": "here",
            "pid": 1,
            "predictor": "homes",
            "model_version": version,
            **more,
        }
    )


def a_batch(version: ModelVersion, state: str, **more: Any) -> Batch:
    ended = state not in ("accepted", "scoring", "assembling")
    return Batch.objects.create(
        predictor="homes",
        model_version=version,
        state=state,
        error="why" * (state == "failed"),
        size=1,
        format="csv",
        begins=0,
        columns=[],
        minimal=False,
        chunk_rows=1,
        finished_at=datetime.now(UTC) if ended else None,
        **more,
    )


def outcomes_of(version: ModelVersion, errors: list[float]) -> None:
    """Homes that were sold for 100,000, predicted with these errors; intervals of 20 %."""
    Outcome.objects.bulk_create(
        Outcome(
            prediction_id=uuid.uuid4(),
            predictor=version.predictor,
            model_version=version,
            prediction=100_000 * (1 + error),
            actual=100_000,
            date=date(2026, 1, 1),
            lower=100_000 * (0.8 + error),
            upper=100_000 * (1.2 + error),
            intervals_known=True,
            is_synthetic=False,
            predicted_at=datetime.now(UTC),
            recorded_at=datetime.now(UTC),
            source=Source.API,
            recorded_by="test",
        )
        for error in errors
    )


def test_it_works(api: Client, active_version: ModelVersion) -> None:
    found = Scrape(api)
    assert found["housing_info"] == {(settings.API_VERSION, settings.REVISION): 1}
    assert found["housing_active_version"]["homes",] == active_version.version
    assert set(found["housing_metrics_fault"].items()) == {((name,), 0) for name in GROUPS}


def test_every_metric_is_listed_with_its_meaning(api: Client) -> None:
    text = (settings.BASE_DIR / "docs/metrics.md").read_text()
    listed = re.findall(r"^\| `(\w+)` \| (\w+) \| ([^|]*) \| (.+) \|$", text, re.M)
    assert listed == [(one.name, one.kind, ", ".join(one.labels), one.meaning) for one in MEASURES]
    assert {name: family.type for name, family in Scrape(api).families.items()} == {
        name: kind for name, kind, _, _ in listed
    }


def test_processes_are_counted_by_what_they_answer_with(
    api: Client, active_version: ModelVersion
) -> None:
    other = another()
    a_process(active_version)
    a_process(active_version)
    a_process(other, fault="the file is gone")
    a_process(None)
    a_process(other, seen_at=datetime.now(UTC) - timedelta(minutes=1))  # it is gone
    found = Scrape(api)
    counts = {key: count for key, count in found["housing_serving_processes"].items() if count}
    assert counts == {("homes", "active"): 2, ("homes", "another"): 1, ("homes", "none"): 1}
    assert ("bitcoin", "active") in found["housing_serving_processes"]
    assert found["housing_serving_faults"] == {("homes",): 1, ("bitcoin",): 0}


def test_without_an_active_version_its_number_is_0(api: Client) -> None:
    ModelVersion.objects.filter(predictor="homes").update(is_active=False)
    assert Scrape(api)["housing_active_version"]["homes",] == 0


def test_batches_are_counted_by_state_and_those_without_progress_stand_out(
    api: Client, active_version: ModelVersion
) -> None:
    now = datetime.now(UTC)
    assert Scrape(api)["housing_batch_silent_seconds"] == {(): 0}
    a_batch(active_version, "failed", created_at=now - timedelta(days=2))
    scoring = a_batch(active_version, "scoring", rows=2, created_at=now - timedelta(days=1))
    assert Scrape(api)["housing_batch_silent_seconds"][()] == pytest.approx(86_400, abs=30)
    for number, done in enumerate((timedelta(hours=2), timedelta(hours=1))):
        BatchChunk.objects.create(
            batch=scoring,
            number=number,
            first_row=number + 1,
            rows=1,
            offset=0,
            length=1,
            done_at=now - done,
            result="there",
        )
    a_batch(active_version, "accepted", created_at=now - timedelta(minutes=1))
    found = Scrape(api)
    assert found["housing_batch_silent_seconds"][()] == pytest.approx(3_600, abs=30)
    counts = {state: count for (state,), count in found["housing_batches"].items() if count}
    assert counts == {"accepted": 1, "scoring": 1, "failed": 1}
    assert len(found["housing_batches"]) == len(Batch.State)


def test_training_runs_are_counted_by_state_and_one_that_nobody_begins_stands_out(
    api: Client,
) -> None:
    now = datetime.now(UTC)
    before = Scrape(api)["housing_training_runs"]
    assert len(before) == 2 * len(TrainingRun.State)
    run = {"recipe": "basic", "trigger": "api"}
    TrainingRun.objects.create(
        predictor="homes", state="failed", started_at=now, finished_at=now, summary="why", **run
    )
    TrainingRun.objects.create(predictor="bitcoin", requested_at=now - timedelta(hours=1), **run)
    found = Scrape(api)
    grown = {key: n - before[key] for key, n in found["housing_training_runs"].items()}
    assert {key for key, n in grown.items() if n} == {("homes", "failed"), ("bitcoin", "queued")}
    assert found["housing_training_waiting_seconds"][()] == pytest.approx(3_600, abs=30)


def test_messages_that_wait_are_counted(api: Client, empty_queues: redis.Redis) -> None:
    empty_queues.rpush("batches", "one", "two")
    found = Scrape(api)
    assert found["housing_queue_length"] == {("batches",): 2, ("default",): 0, ("training",): 0}
    assert (found["housing_redis_up"], found["housing_queue_taken"]) == ({(): 1}, {(): 0})


@override_settings(REDIS_URL="redis://127.0.0.1:9")
def test_without_redis_all_else_is_told(api: Client) -> None:
    found = Scrape(api)
    assert found["housing_redis_up"] == {(): 0}
    assert found["housing_queue_length"] == {} == found["housing_queue_taken"]
    assert not any(found["housing_metrics_fault"].values())
    assert found["housing_batches"]


def test_what_outcomes_say_is_what_the_accuracy_says(
    api: Client, active_version: ModelVersion
) -> None:
    outcomes_of(active_version, [0.01, -0.05, 0.1, -0.2, 0.3])
    found = Scrape(api)
    told = accuracy(Wanted(predictor="homes", window=timedelta(days=30), data="real")).overall
    key = "homes", str(active_version.version), "real"
    assert found["housing_outcomes"] == {key: 5}
    assert found["housing_outcome_mdape_percent"][key] == pytest.approx(told["mdape"])
    assert told["mdape"] == pytest.approx(10)
    assert found["housing_outcome_coverage_percent"][key] == pytest.approx(80)
    assert found["housing_trained_mdape_percent"] == {key: active_version.headline["mdape"]}


def test_of_few_outcomes_only_their_number_is_told(
    api: Client, active_version: ModelVersion
) -> None:
    outcomes_of(active_version, [0.1, 0.2])
    found = Scrape(api)
    assert list(found["housing_outcomes"].values()) == [2]
    assert found["housing_outcome_mdape_percent"] == {}
    assert found["housing_outcome_coverage_percent"] == {}


def test_room_is_what_the_database_and_the_disk_say(api: Client) -> None:
    found = Scrape(api)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_database_size(current_database()), count(*) FROM pg_inherits WHERE "
            "inhparent = 'predictions_prediction'::regclass AND inhrelid::regclass::text > %s",
            [f"predictions_prediction_{datetime.now(UTC):%Y_%m}"],
        )
        size, ahead = cursor.fetchone()
    assert found["housing_database_bytes"] == {(): size}
    assert found["housing_log_months_ahead"] == {(): ahead}
    assert 0 < found["housing_log_bytes"][()] < size
    assert found["housing_disk_bytes"] == {(): shutil.disk_usage(settings.VAR).total}
    assert 0 < found["housing_disk_free_bytes"][()] < found["housing_disk_bytes"][()]


def test_a_damaged_row_hides_nothing_but_its_group(
    api: Client, active_version: ModelVersion
) -> None:
    report = drift.check(predictor_name="homes")
    assert report is not None
    report.is_judged, report.prediction = True, {}
    report.save()
    found = Scrape(api)
    assert found["housing_metrics_fault"]["drift",] == 1
    assert sum(found["housing_metrics_fault"].values()) == 1
    assert "housing_drift_alert" not in found.families
    assert found["housing_active_version"]["homes",] == active_version.version


def test_a_table_that_somebody_holds_hides_nothing_but_its_group(db: None) -> None:
    """Another's transaction has it locked, and PostgreSQL gives up waiting."""
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {DriftReport._meta.db_table} IN ACCESS EXCLUSIVE MODE")
    told: list[str] = []

    def scrape() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = '1s'")
        told.append(exposition().decode())
        connection.close()

    thread = threading.Thread(target=scrape)
    thread.start()
    thread.join()
    assert 'housing_metrics_fault{group="drift"} 1.0' in told[0]
    assert "housing_drift_alert" not in told[0]
    assert "housing_database_bytes" in told[0]


def test_a_scrape_asks_little(api: Client, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(30) as asked:
        Scrape(api)
    of_the_log = r'FROM "?predictions_prediction\b'
    assert not [one for one in asked.captured_queries if re.search(of_the_log, one["sql"])]
