"""The life of a predictor's models: trained, measured, watched, fed with outcomes and files."""

import csv
import io
import json
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from housing_api.celery import app
from learning.fields import example_of
from modelregistry.models import ModelVersion
from predictions.batches.models import Batch
from predictions.contract import Predictor
from predictions.drift import services as drift
from predictions.drift.models import TrainingProfile
from predictions.outcomes.figures import LEAST
from predictions.outcomes.models import Source
from predictions.outcomes.services import Reported, record_outcomes
from predictions.training.carrying_out import carry_out
from predictions.training.models import TrainingRun
from predictions.training.offering import offer_schedules
from predictions.training.services import request_run
from tests.predictions.batches.conftest import work_off

from .conftest import Ask, Body


def claimed(run: TrainingRun) -> TrainingRun:
    """As a worker finds it."""
    run.state, run.started_at = TrainingRun.State.RUNNING, datetime.now(UTC)
    run.save()
    return run


def test_it_works(predictor: Predictor, version: ModelVersion) -> None:
    """Trained, tried at the gate, registered, decided on; and what it learned from is kept."""
    recipe = predictor.recipes[0]
    run = request_run(
        predictor=predictor.name, trigger="api", requested_by="olga", recipe=recipe, forced=True
    )
    carry_out(claimed(run))
    run.refresh_from_db()
    assert (run.state, run.percent) == ("succeeded", 100), run.summary
    trained = run.version
    assert trained is not None and (trained.gate, trained.is_active) == ("passed", False)
    assert trained.version == version.version + 1
    assert trained.headline["part"] and trained.metrics
    known = trained.trained_on
    assert known["recipe"] == recipe
    assert known["data"] == predictor.data_kind()
    assert known["data_fingerprint"] == predictor.data_fingerprint() == run.data_fingerprint
    assert known["reference_fingerprint"] == predictor.reference_fingerprint()
    assert len(predictor.held_out(trained_on=known, share=0.5).actual) == 0
    assert TrainingProfile.objects.get(version=trained).source == "training"
    assert any("manual" in line["text"] for line in run.log)


def test_nothing_is_trained_where_nothing_has_changed(predictor: Predictor) -> None:
    run = request_run(predictor=predictor.name, trigger="api", requested_by="olga")
    carry_out(claimed(run))
    run.refresh_from_db()
    assert (run.state, run.version) == ("unchanged", None)


def test_a_schedule_is_offered_that_asks_for_training(predictor: Predictor) -> None:
    moment = {"minute": "0", "hour": "3", "day_of_week": "0", "timezone": "UTC"}
    CrontabSchedule.objects.bulk_create([CrontabSchedule(**moment) for _ in range(2)])
    PeriodicTask.objects.all().delete()
    offer_schedules()
    schedule = PeriodicTask.objects.get(name=f"retrain-{predictor.name}")
    assert not schedule.enabled
    app.loader.import_default_modules()
    number = app.tasks[schedule.task](**json.loads(schedule.kwargs))
    run = TrainingRun.objects.get(pk=number)
    assert (run.predictor, run.trigger, run.state) == (predictor.name, "schedule", "queued")


def test_requests_are_compared_with_what_was_learned(
    predictor: Predictor, ask: Ask, body: Body
) -> None:
    assert (ask(body)[0], ask({})[0]) == (200, 422)
    report = drift.check(predictor_name=predictor.name)
    assert report is not None
    assert (report.requests >= 1, report.is_judged, report.is_alert) == (True, False, False)
    assert report.features


def test_an_outcome_finds_its_prediction_and_counts(
    predictor: Predictor, version: ModelVersion, api: Client, ask: Ask, body: Body
) -> None:
    answers = [ask(body)[1] for _ in range(LEAST)]
    actual = float(predictor.actual.example)
    today = datetime.now(UTC).date()
    reports = [Reported(uuid.UUID(answer["id"]), actual, today) for answer in answers]
    for word in ("recorded", "unchanged"):
        results = record_outcomes(reports=reports, source=Source.API, recorded_by="olga")
        assert [(one.word, list(one.faults)) for one in results] == [(word, [])] * LEAST
    found = api.get(f"/api/accuracy/?predictor={predictor.name}").json()
    (group,) = found["groups"]
    assert (group["group"], group["n"]) == (str(version.version), LEAST)
    error = answers[0][predictor.prediction_key] / actual - 1
    assert group["mean_error"] == pytest.approx(100 * error)


def test_a_file_is_answered_row_by_row(
    predictor: Predictor, api: Client, ask: Ask, body: Body
) -> None:
    row = example_of(predictor.fields())
    file = io.StringIO()
    writer = csv.DictWriter(file, [*row, "mine"])
    writer.writeheader()
    for mine in ("first", "second"):
        writer.writerow(row | {"mine": mine})
    response: Any = api.post(
        f"/api/batches/?predictor={predictor.name}", file.getvalue().encode(), "text/csv"
    )
    assert response.status_code == 202, response.content
    batch = Batch.objects.get(pk=response.json()["id"])
    work_off(batch)
    assert batch.state == Batch.State.DONE, batch.error
    response = api.get(f"/api/batches/{batch.pk}/results/?format=csv")
    found = list(csv.DictReader(io.StringIO(response.getvalue().decode())))
    expected = ask(body)[1][predictor.prediction_key]
    assert [(one["mine"], one["error"]) for one in found] == [("first", ""), ("second", "")]
    assert [float(one["prediction"]) for one in found] == pytest.approx([expected] * 2, rel=1e-12)
