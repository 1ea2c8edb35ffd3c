"""Runs in the database: what commands leave, what fails, and what can never be false."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from modelregistry.errors import GateFailed
from modelregistry.models import ModelVersion
from predictions.promotion.models import PromotionDecision
from predictions.training.carrying_out import carry_out, decide_late
from predictions.training.management.commands.run_training import carry_out_claimed
from predictions.training.models import LOG_LINES, TrainingRun
from predictions.training.services import look_after, request_run
from predictors.homes.models import Sale
from predictors.homes.predictor import HomesPredictor
from predictors.homes.tasks import retrain

pytestmark = pytest.mark.django_db


def latest() -> TrainingRun:
    return TrainingRun.objects.latest("id")


def test_it_works() -> None:
    """A command that trains here leaves the same as a worker does."""
    call_command("train_model", "homes", recipe="basic")
    run, version = latest(), ModelVersion.objects.latest("id")
    assert (run.state, run.version, run.trigger) == ("succeeded", version, "command")
    assert run.data_fingerprint == version.trained_on["data_fingerprint"]
    assert run.percent == 100 and run.peak_memory_mb and run.seconds and run.pid
    assert f"registered {version}" in [line["text"] for line in run.log]


def test_what_fails_at_the_gate_is_kept_with_its_run(settings: Any) -> None:
    settings.GATE_SECONDS = 0
    with pytest.raises(CommandError, match="not tried within 0 s"):
        call_command("train_model", "homes", recipe="basic")
    run, version = latest(), ModelVersion.objects.latest("id")
    assert (run.state, run.version, version.gate) == ("failed", version, "failed")
    assert f"kept as homes {version.version}" in run.summary


def test_what_fails_is_told_with_its_traceback() -> None:
    Sale.objects.all().delete()
    with pytest.raises(CommandError, match="load sales"):
        call_command("train_model", "homes", recipe="basic")
    run = latest()
    assert (run.state, run.version) == ("failed", None)
    assert "load sales" in run.summary
    assert "Traceback" in run.traceback


def test_one_trains_at_a_time() -> None:
    request_run(predictor="homes", trigger="api", requested_by="olga")
    with pytest.raises(CommandError, match="is queued"):
        call_command("train_model", "homes", recipe="basic")


def test_a_schedule_finds_a_run_in_its_way_and_lets_it_be() -> None:
    run = request_run(predictor="homes", trigger="api", requested_by="olga")
    assert retrain() is None
    assert latest() == run


def test_a_run_that_nobody_trains_any_more_is_lost() -> None:
    run = running(trigger="api")
    look_after()
    run.refresh_from_db()
    assert run.state == "lost"
    assert not TrainingRun.objects.open().exists()


def test_a_lost_run_that_was_scheduled_is_tried_again_twice() -> None:
    run = running(trigger="schedule", recipe="champion", forced=True)
    for attempt in (2, 3):
        look_after()
        again = TrainingRun.objects.open().get()
        assert (again.retry_of, again.attempt) == (run, attempt)
        assert (again.recipe, again.forced) == ("champion", True)
        assert again.claim(host="here", pid=1)
        run = again
    look_after()
    assert not TrainingRun.objects.open().exists()


def test_a_lost_run_that_was_to_be_cancelled_is_cancelled() -> None:
    run = running(trigger="schedule", cancel_requested=True)
    look_after()
    run.refresh_from_db()
    assert run.state == "cancelled"
    assert latest() == run


def test_who_claims_a_run_second_does_not_get_it() -> None:
    run = request_run(predictor="homes", trigger="api", requested_by="olga")
    assert [run.claim(host="here", pid=pid) for pid in (1, 2)] == [True, False]
    run.refresh_from_db()
    assert run.pid == 1


def test_its_log_is_bounded() -> None:
    run = request_run(predictor="homes", trigger="api", requested_by="olga")
    for number in range(LOG_LINES + 5):
        run.say(f"line {number}")
    run.refresh_from_db()
    assert len(run.log) == LOG_LINES
    run.say("nul \x00")
    assert len(run.log) == LOG_LINES


def test_what_is_held_out_is_no_reason_to_train_again() -> None:
    homes = HomesPredictor()
    sale = Sale.objects.order_by("date", "id").last()
    assert sale is not None
    rule = {"after_id": 0, "date": sale.date.isoformat(), "id": sale.pk, "sales": 1}
    held_out = homes.held_out(trained_on={"last_sale_id": 0, "held_out": rule}, share=0.1)
    artifact = homes.train(
        recipe="basic", files={}, held_out=held_out, progress=lambda stage, share: None
    )
    assert len(held_out.actual) > 0
    assert artifact.trained_on["data_fingerprint"] == homes.data_fingerprint()


@pytest.mark.parametrize(
    "false",
    [
        {"state": "succeeded", "finished_at": Now()},  # without a version
        {"state": "failed"},  # without an end
        {"state": "running", "started_at": None},
        {"percent": 101},
        {"attempt": 2},  # of nothing
        {"attempt": 4},
        {"state": "dreaming"},
    ],
)
def test_what_can_never_be_is_refused_by_the_database(false: dict[str, Any]) -> None:
    run = running(trigger="api")
    with pytest.raises(IntegrityError), transaction.atomic():
        TrainingRun.objects.filter(pk=run.pk).update(**false)


def test_two_open_runs_of_a_predictor_are_refused_by_the_database() -> None:
    running(trigger="api")
    with pytest.raises(IntegrityError), transaction.atomic():
        TrainingRun.objects.create(predictor="homes", recipe="basic", trigger="api")


def running(**values: Any) -> TrainingRun:
    """That nobody trains."""
    known = {"predictor": "homes", "recipe": "basic", "state": "running", "started_at": Now()}
    run = TrainingRun.objects.create(**(known | values), host="gone", pid=1)
    run.refresh_from_db()
    return run


def undecided_run(**members: Any) -> TrainingRun:
    """As one is left whose process was killed after it had registered."""
    call_command("train_model", "homes", recipe="basic")
    TrainingRun.objects.filter(pk=latest().pk).update(
        parameters=members.pop("parameters", {}), finished_at=Now() - timedelta(minutes=1)
    )
    return latest()


def test_what_was_not_decided_is_decided_later() -> None:
    run = undecided_run()
    assert run.version is not None
    decide_late(run.pk)
    decide_late(run.pk)
    (decision,) = PromotionDecision.objects.filter(candidate=run.version)
    assert decision.outcome == PromotionDecision.Outcome.MANUAL
    assert str(decision.summary) in [line["text"] for line in latest().log]


def test_whoever_trained_by_hand_decides_themselves() -> None:
    run = undecided_run(parameters={"activate": False})
    decide_late(run.pk)
    assert not PromotionDecision.objects.exists()


def test_a_run_that_nobody_has_claimed_is_not_carried_out() -> None:
    run = request_run(predictor="homes", trigger="api", requested_by="olga")
    with pytest.raises(CommandError, match="a worker has to claim it"):
        carry_out_claimed(run.pk)
    assert latest().state == "queued"


def test_a_version_that_fails_at_the_gate_has_a_decision_too(settings: Any) -> None:
    settings.GATE_SECONDS = 0
    run = request_run(predictor="homes", trigger="api", requested_by="olga", forced=True)
    run.claim(host="here", pid=1)
    with pytest.raises(GateFailed):
        carry_out(run)
    decision = PromotionDecision.objects.get(candidate=latest().version)
    assert decision.outcome == PromotionDecision.Outcome.NOT_MEASURED
    assert "did not pass the gate" in decision.reason
