"""predictions.drift.check: from rows of the log to a report, and to who is told."""

import json
import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.db import IntegrityError
from django.test import Client

from learning.drift import compare
from modelregistry import loading
from modelregistry.models import ModelVersion
from predictions.drift import judging, services, window
from predictions.drift.models import DriftPolicy, DriftReport, TrainingProfile
from predictions.drift.tasks import check
from predictors.homes.models import ZipcodeDemographics

from .asking import answered, larger, learned

DRAW = np.random.default_rng(20)


@pytest.fixture
def received() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A server that somebody else runs: its address, and what was posted to it."""
    posted: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *arguments: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/drift", posted
    server.shutdown()
    thread.join()
    server.server_close()


def drawn(version: ModelVersion, count: int = 500) -> Any:
    return DRAW.choice(learned(version), count, replace=False)


def checked(now: datetime | None = None) -> DriftReport:
    report = services.check(predictor_name="homes", now=now)
    assert report is not None
    return report


def in_hours(hours: int) -> datetime:
    return datetime.now(UTC) + timedelta(hours=hours)


def test_it_works(
    active_version: ModelVersion,
    received: tuple[str, list[dict[str, Any]]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Homes with 1.3 times the living area: rows, task, report, a line of the log, the webhook."""
    url, posted = received
    DriftPolicy.objects.create(predictor="homes", webhook_url=url)
    answered(active_version, larger(active_version, drawn(active_version)))
    with caplog.at_level(logging.WARNING, "predictions.drift"):
        numbers = check()
    report = DriftReport.objects.get(pk__in=numbers, version=active_version)
    number = report.pk
    assert (report.requests, report.is_judged, report.is_alert) == (500, True, True)
    assert report.features[0]["name"] in ("sqft_living", "sqft_above")
    assert report.features[0]["band"] == "shifted"
    (line,) = [one for one in caplog.messages if one.startswith("drift:")]
    assert "sqft_living: PSI 0." in line and "homes 1" in line
    (message,) = posted
    assert (message["version"], message["report"]) == (1, f"/api/drift/{number}/")
    assert message["reasons"] == report.reasons
    assert report.webhook == "answered 204" and report.told_at is not None


def test_no_alert_in_100_windows_of_the_homes_that_it_learned_from(data_folder: Path) -> None:
    """And one in each of 100 windows with the living area times 1.3."""
    version = ModelVersion.objects.active("homes").get()
    services.keep_profile(version=version)
    profile = TrainingProfile.objects.get(version=version).read
    policy = DriftPolicy()
    model, homes = loading.load(version), learned(version)
    predictions = {1.0: model.predict(homes), 1.3: model.predict(larger(version, homes))}
    alerts = {1.0: 0, 1.3: 0}
    for _ in range(100):
        chosen = DRAW.choice(len(homes), 700, replace=False)
        for factor in alerts:
            comparison = compare(
                profile,
                rows=larger(version, homes[chosen], factor),
                predictions=predictions[factor][chosen],
                false_alarms=policy.false_alarms,
            )
            assert comparison.rows >= policy.least_requests
            optional = dict.fromkeys(profile.features, False)
            features = judging.features_of(comparison, policy, optional)
            prediction = judging.figures_of(comparison.prediction, policy)
            alerts[factor] += bool(judging.reasons_in(features, prediction, policy))
    assert alerts == {1.0: 0, 1.3: 100}


def test_an_unshifted_window_is_quiet(
    active_version: ModelVersion, caplog: pytest.LogCaptureFixture
) -> None:
    answered(active_version, drawn(active_version))
    report = checked()
    assert (report.is_judged, report.is_alert, report.reasons) == (True, False, [])
    assert not [line for line in caplog.messages if line.startswith("drift:")]


def test_it_is_told_when_it_begins_and_not_every_hour(
    active_version: ModelVersion, caplog: pytest.LogCaptureFixture
) -> None:
    """A quiet night between, with too few requests to judge, does not end it."""
    answered(active_version, larger(active_version, drawn(active_version)))
    reports = [checked(in_hours(hours)) for hours in (0, 1, 48)]
    answered(active_version, larger(active_version, drawn(active_version)), at=in_hours(60))
    reports.append(checked(in_hours(61)))
    assert [report.is_judged for report in reports] == [True, True, False, True]
    assert [report.is_alert for report in reports] == [True, True, False, True]
    assert [report.begins for report in reports] == [True, False, False, False]
    assert len([line for line in caplog.messages if line.startswith("drift:")]) == 1


def test_it_is_told_again_after_it_had_ended(active_version: ModelVersion) -> None:
    shifted = larger(active_version, drawn(active_version))
    begun = []
    for day, rows in enumerate((shifted, drawn(active_version), shifted)):
        answered(active_version, rows, at=in_hours(24 * day))
        begun.append(checked(in_hours(24 * day + 1)).begins)
    assert begun == [True, False, True]


def test_with_few_requests_nothing_is_judged(active_version: ModelVersion) -> None:
    rows = larger(active_version, drawn(active_version, 299))
    answered(active_version, rows)
    report = checked()
    different = len(np.unique(rows, axis=0))  # some homes are built alike
    assert (report.counted, report.is_judged, report.is_alert) == (different, False, False)


def test_demographics_that_change_under_the_model_are_noticed(
    active_version: ModelVersion, caplog: pytest.LogCaptureFixture
) -> None:
    assert not checked().reference_changed
    row = ZipcodeDemographics.objects.all()[0]
    row.ppltn_qty += 1
    row.save()
    report = checked(in_hours(1))
    assert report.reference_changed and report.begins
    assert report.reasons == [{"reason": "reference-changed"}]
    assert "joined with other data" in caplog.text
    assert not checked(in_hours(2)).begins


def test_values_that_training_never_held_alarm(active_version: ModelVersion) -> None:
    rows = drawn(active_version)
    place = active_version.feature_names.index("ppltn_qty")
    rows[:50, place] += 0.5
    answered(active_version, rows)
    report = checked()
    (reason,) = report.reasons
    assert (reason["reason"], reason["input"]) == ("values-unknown", "ppltn_qty")
    assert reason["share"] == pytest.approx(0.1, abs=0.005)


def test_batches_refusals_and_other_versions_are_no_part_of_it(
    active_version: ModelVersion,
) -> None:
    rows = drawn(active_version)
    answered(active_version, rows[:310])
    answered(active_version, larger(active_version, rows), endpoint="batch")
    answered(active_version, larger(active_version, rows), model_version_id=9_999)
    nothing: Any = {"status": 422, "features": None, "prediction": None, "response": None}
    answered(active_version, rows[:4], **nothing)
    answered(active_version, rows, at=in_hours(-25))
    report = checked()
    assert (report.requests, report.refused, report.is_alert) == (310, 4, False)


def test_a_busy_day_is_sampled_evenly(active_version: ModelVersion) -> None:
    """More rows than are looked at: 100 of each five-hundredth of the window."""
    end = datetime.now(UTC)
    start = end - timedelta(hours=24)
    homes = learned(active_version)
    quarter = timedelta(hours=6)
    for place in range(4):
        rows = homes[DRAW.integers(0, len(homes), window.MOST_ROWS // 4 + 1)]
        answered(active_version, rows, at=start + place * quarter + timedelta(hours=1))
    found = window.read_window(active_version, start, end)
    assert found.is_sample
    assert len(found.rows) == 4 * window.MOST_ROWS // window.SLICES


def test_a_message_that_comes_twice_makes_one_report(active_version: ModelVersion) -> None:
    assert DriftReport.objects.filter(pk__in=check(), version=active_version).count() == 1
    assert check() == []
    assert DriftReport.objects.filter(version=active_version).count() == 1


def test_a_webhook_that_is_away_costs_nothing_but_itself(
    active_version: ModelVersion, caplog: pytest.LogCaptureFixture
) -> None:
    DriftPolicy.objects.create(predictor="homes", webhook_url="http://127.0.0.1:1/x?token=secret")
    answered(active_version, larger(active_version, drawn(active_version)))
    report = checked()
    assert report.is_alert and report.webhook == "failed: ConnectionRefusedError"
    assert "the webhook failed" in caplog.text and "secret" not in caplog.text


def test_an_alert_that_a_killed_worker_did_not_tell_is_told_by_the_next(
    active_version: ModelVersion, caplog: pytest.LogCaptureFixture
) -> None:
    answered(active_version, larger(active_version, drawn(active_version)))
    DriftReport.objects.filter(pk=checked().pk).update(told_at=None)
    caplog.clear()
    checked(in_hours(1))
    assert len([line for line in caplog.messages if line.startswith("drift:")]) == 1
    assert not DriftReport.objects.filter(begins=True, told_at=None).exists()


def test_a_policy_may_switch_it_off(active_version: ModelVersion) -> None:
    DriftPolicy.objects.create(predictor="homes", enabled=False)
    check()
    assert not DriftReport.objects.filter(version__predictor="homes").exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"webhook_url": "file:///etc/passwd"},
        {"window_hours": 0},
        {"least_requests": 10},
        {"false_alarms": 0},
    ],
)
def test_the_database_refuses_a_policy_that_cannot_be(db: None, wrong: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError):
        DriftPolicy.objects.create(predictor="homes", **wrong)


def test_the_profile_is_made_once(active_version: ModelVersion) -> None:
    for _ in range(2):
        services.keep_profile(version=active_version)
    checked()
    kept = TrainingProfile.objects.get(version=active_version)
    assert (kept.source, kept.rows) == ("training", len(learned(active_version)))


def test_a_version_without_one_gets_it_at_its_first_check(active_version: ModelVersion) -> None:
    TrainingProfile.objects.all().delete()
    checked()
    assert TrainingProfile.objects.get(version=active_version).source == "later"


def test_a_day_that_clients_leave_out_is_no_drift(champion_version: ModelVersion) -> None:
    """Training homes have the day of their sale, requests mostly none."""
    rows = drawn(champion_version)
    rows[:, champion_version.feature_names.index("valuation_date")] = 0.0
    answered(champion_version, rows)
    report = checked()
    (day,) = [one for one in report.features if one["name"] == "valuation_date"]
    assert (day["not_given"], day["is_watched"], report.is_alert) == (1.0, False, False)


def test_what_clients_really_ask_is_compared(api: Client, home: dict[str, Any]) -> None:
    answer = api.post("/api/predict/", home, content_type="application/json")
    assert answer.status_code == 200
    assert api.post("/api/predict/", {}, content_type="application/json").status_code == 422
    report = checked()
    assert (report.requests, report.refused) == (1, 1)
    (living,) = [one for one in report.features if one["name"] == "sqft_living"]
    assert living["median"] == home["sqft_living"]
