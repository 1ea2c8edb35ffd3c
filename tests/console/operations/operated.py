"""A database in which there is something of everything that operators watch."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from django.db import connection

from modelregistry.models import ModelVersion, ServingProcess
from modelregistry.services import activate_version
from ops.usage.models import Grain, RequestCount
from predictions.batches.models import Batch, BatchChunk, State
from predictions.drift.models import DriftReport
from predictions.outcomes.models import Outcome
from predictions.recording import record_many
from predictions.traffic.services import count_up
from predictions.training.models import TrainingRun
from tests.predictions.conftest import copied_database
from tests.predictions.traffic.conftest import rows
from tests.predictions.versions.conftest import another
from tests.predictors.bitcoin.test_accuracy import forecasts

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@contextmanager
def operated(blocker: Any) -> Iterator[psycopg.Connection[Any]]:
    """A copy of the tests' database, which this process then works in; another way into it."""
    before = connection.settings_dict["NAME"]
    with copied_database(blocker) as database, blocker.unblock():
        connection.close()
        connection.settings_dict["NAME"] = database.parameters["dbname"]
        try:
            with database.connect() as other:
                _fill(other)
                yield other
        finally:
            connection.close()
            connection.settings_dict["NAME"] = before


def _fill(database: psycopg.Connection[Any]) -> None:
    _ask(database)
    first = ModelVersion.objects.active("homes").get()
    second = another()
    activate_version(predictor="homes", version=second.version, actor="olga", reason="better")
    _serve(first, second)
    _count_requests()
    _report_outcomes(first, second)
    forecasts(40, ago=timedelta(minutes=5))
    forecasts(7, ago=2 * HOUR, prediction=99.5, version=_another_of_bitcoin())
    _watch_drift(first, is_judged=True)
    _work(first)
    database.execute("ANALYZE predictions_prediction")


def _ask(database: psycopg.Connection[Any]) -> None:
    database.execute(
        "SELECT predictions_make_partition(day) FROM "
        "generate_series(now() - interval '40 days', now(), interval '1 day') AS day"
    )
    record_many(rows(800, back=30 * DAY) + rows(400, back=DAY) + rows(400, back=HOUR))
    assert count_up() >= 1_600


def _another_of_bitcoin() -> ModelVersion:
    version = ModelVersion.objects.active("bitcoin").get()
    version.pk, version.version, version.is_active = None, version.version + 1, False
    version.save()
    return version


def _serve(first: ModelVersion, second: ModelVersion) -> None:
    """Three processes, of which one did not follow."""
    for pid, version, fault in ((71, second, ""), (72, second, ""), (73, first, "no memory")):
        ServingProcess.objects.create(
            process=uuid.uuid4(),
            host="web-1",
            pid=pid,
            predictor="homes",
            model_version=version,
            engine="fast",
            fault=fault,
            since=datetime.now(UTC) - HOUR,
            # So long as the tests take.
            seen_at=datetime.now(UTC) + HOUR,
        )


def _count_requests() -> None:
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    asked = [
        ("POST", "/api/predict/", 200, 400),
        ("POST", "/api/predict/", 422, 30),
        ("GET", "/metrics", 200, 60),
        ("GET", "(none)", 404, 5),
        ("GET", "/console/operations/", 302, 3),
        ("POST", "/api/predict/", 503, 2),
        *(("GET", f"/api/part/{number}/", 200, 1) for number in range(40)),
    ]
    for back in (timedelta(minutes=20), timedelta(minutes=40), 5 * HOUR, 12 * DAY):
        for grain in (Grain.MINUTE, Grain.HOUR):
            period = now - back
            period = period if grain == Grain.MINUTE else period.replace(minute=0)
            RequestCount.objects.add((grain.value, period, *one) for one in asked)


def _report_outcomes(first: ModelVersion, second: ModelVersion) -> None:
    now = datetime.now(UTC)
    Outcome.objects.bulk_create(
        Outcome(
            prediction_id=uuid.uuid4(),
            predictor="homes",
            model_version=version,
            prediction=100_000.0 + 1_700 * number,
            actual=130_000.0 + 900 * number,
            date=now.date(),
            lower=90_000.0 + 1_200 * number if number % 3 else None,
            upper=120_000.0 + 1_900 * number if number % 3 else None,
            intervals_known=True,
            is_synthetic=version == first and number < 10,
            predicted_at=now,
            recorded_at=now - number * DAY,
            source="api",
            recorded_by="otto",
        )
        for version, count in ((first, 45), (second, 4))
        for number in range(count)
    )


def _watch_drift(version: ModelVersion, *, is_judged: bool) -> None:
    now = datetime.now(UTC)
    for psi in (0.01, 0.31):
        shifted = {"name": "sqft_living", "psi": psi, "is_watched": True}
        DriftReport.objects.create(
            version=version,
            window_from=now - DAY,
            window_to=now,
            requests=812,
            refused=3,
            counted=640,
            is_sample=False,
            is_judged=is_judged,
            features=[shifted, {"name": "view", "psi": 0.001, "is_watched": True}],
            prediction={"psi": 0.125},
            reference_changed=False,
            is_alert=psi > 0.2,
            reasons=[{"reason": "input-shifted"}] if psi > 0.2 else [],
            begins=psi > 0.2,
        )


def _work(version: ModelVersion) -> None:
    now = datetime.now(UTC)
    known: dict[str, Any] = {
        "predictor": "homes",
        "model_version": version,
        "upload": "x",
        "size": 100,
        "format": "csv",
        "begins": 0,
        "columns": [],
        "minimal": False,
        "chunk_rows": 10,
        "caller": "otto",
    }
    for number in range(12):
        Batch.objects.create(
            **known,
            file_name=f"{number}.csv",
            state=State.DONE,
            rows=10,
            result="x",
            finished_at=now - number * HOUR,
        )
    Batch.objects.create(**known, state=State.FAILED, error="no", finished_at=now - DAY)
    scoring = Batch.objects.create(**known, file_name="big.csv", state=State.SCORING, rows=30)
    for number, done in enumerate((now, now, None)):
        BatchChunk.objects.create(
            batch=scoring,
            number=number,
            first_row=1 + 10 * number,
            rows=10,
            offset=0,
            length=10,
            done_at=done,
            failed=number,
            result="x" if done else "",
        )
    TrainingRun.objects.create(
        predictor="homes",
        recipe="basic",
        state=TrainingRun.State.FAILED,
        trigger=TrainingRun.Trigger.API,
        requested_by="otto",
        started_at=now - HOUR,
        finished_at=now - HOUR + timedelta(seconds=90),
        summary="no sales",
    )
