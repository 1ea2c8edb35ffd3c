"""What a shadow computes from the log."""

import os
import pickle
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
import psycopg
import pytest
from django.db import connection
from django.test import Client

from modelregistry.models import ModelVersion
from modelregistry.services import activate_version
from predictions.models import Prediction
from predictions.recording import record, record_many
from predictions.shadow.models import Shadow, ShadowAnswer
from predictions.shadow.services import end_shadow, set_shadow
from predictions.shadow.tasks import remove_old_answers, score
from tests.predictions.registering import registered
from tests.predictions.rows import row_of

from .conftest import FEATURES, JSON, all_scored, example_homes

Ask = Callable[..., list[dict[str, Any]]]


def answered(version: ModelVersion, moment: datetime, **members: Any) -> Any:
    """A row as serving writes one."""
    facts = {
        "model_version_id": version.pk,
        "features": np.arange(1.0, len(version.feature_names) + 1),
        "prediction": 1e5,
        "request": b'{"zipcode": "98118"}',
    }
    return row_of(moment, **(facts | members))


def backdate(shadow: Shadow, **before: float) -> None:
    """As if it had been set earlier."""
    since = datetime.now(UTC) - timedelta(**before)
    Shadow.objects.filter(pk=shadow.pk).update(since=since)


def test_it_works(ask: Ask, other: ModelVersion, tmp_path: Path) -> None:
    """What the model itself says, from the inputs that were logged; not what was asked before."""
    ask(3)
    shadow = set_shadow(predictor="homes", version=other.version, actor="test").shadow
    answers = ask(10) + ask(10, "/api/predict/?include=interval")
    assert all_scored() == 20
    model = pickle.loads((tmp_path / "model.pkl").read_bytes())
    for answer in answers:
        found = ShadowAnswer.objects.get(shadow=shadow, prediction_id=answer["id"])
        row = Prediction.objects.get(id=answer["id"])
        inputs = pd.DataFrame([row.named_features])[FEATURES]
        assert found.shadow_prediction == model.predict(inputs)[0]
        assert (found.live_prediction, found.error) == (answer["prediction"], "")
        assert found.answered_by_id == row.model_version_id
        assert found.groups == {"zipcode": row.request["zipcode"]}
        assert found.request_ms == row.latency_ms
        assert found.shadow_ms is not None and found.shadow_ms > 0
    assert ShadowAnswer.objects.filter(live_ms__gt=0).exists()


def test_only_what_was_answered_to_somebody_who_asked(
    ask: Ask, api: Client, shadow: Shadow, active_version: ModelVersion
) -> None:
    backdate(shadow, minutes=1)
    now = datetime.now(UTC)
    assert api.post("/api/predict/", {}, content_type=JSON).status_code == 422
    record(answered(active_version, now, endpoint="batch"))
    record(answered(active_version, now, predictor="horses"))
    record(answered(shadow.model_version, now, features=np.ones(3)))
    [answer] = ask(1)
    assert all_scored() == 1
    assert str(ShadowAnswer.objects.get().prediction_id) == answer["id"]


def test_a_request_that_lacks_facts_is_a_row_that_says_so(
    api: Client, minimal_home: dict[str, Any], tmp_path: Path, ask: Ask
) -> None:
    version = registered(tmp_path, ["yr_built", "sqft_living"])
    set_shadow(predictor="homes", version=version.version, actor="test")
    whole = example_homes()[0]
    small = {name: whole[name] for name in minimal_home}
    short = api.post("/api/predict/minimal/", small, content_type=JSON).json()["id"]
    [full] = ask(1)
    assert all_scored() == 2
    found = ShadowAnswer.objects.get(prediction_id=short)
    assert found.error == f"not answerable by {version}: the request has no yr_built"
    assert (found.shadow_prediction, found.shadow_ms) == (None, None)
    found = ShadowAnswer.objects.get(prediction_id=full["id"])
    model = pickle.loads((tmp_path / "model.pkl").read_bytes())
    inputs = pd.DataFrame([whole])[["yr_built", "sqft_living"]]
    assert found.shadow_prediction == model.predict(inputs)[0]


def test_a_row_on_which_it_fails_stops_nothing(
    shadow: Shadow, active_version: ModelVersion
) -> None:
    backdate(shadow, minutes=1)
    now = datetime.now(UTC)
    broken = np.full(len(active_version.feature_names), np.nan)
    record(answered(active_version, now, features=broken))
    record(answered(active_version, now, prediction=1e200))
    record(answered(active_version, now + timedelta(milliseconds=1)))
    assert all_scored() == 3
    errors = [answer.error for answer in ShadowAnswer.objects.order_by("error")]
    name = f"homes {shadow.model_version.version}"
    assert errors == ["", f"{name}: predict fails (ValueError)", "too large to be compared"]


def test_rows_that_are_committed_late_are_found(
    shadow: Shadow, ask: Ask, active_version: ModelVersion
) -> None:
    """An id is made when a request begins."""
    backdate(shadow, minutes=10)
    ask(1)
    assert all_scored() == 1
    late = answered(active_version, datetime.now(UTC) - timedelta(seconds=8))
    record(late)
    assert all_scored() == 1
    assert ShadowAnswer.objects.filter(prediction_id=UUID(bytes=late.id)).exists()
    record(answered(active_version, datetime.now(UTC) - timedelta(minutes=4)))
    assert all_scored() == 0
    Shadow.objects.update(swept_at=datetime.now(UTC) - timedelta(minutes=2))
    assert all_scored() == 1
    shadow.refresh_from_db()
    assert datetime.now(UTC) - shadow.swept_at < timedelta(minutes=1)


def test_a_clock_that_runs_ahead_hides_nothing(
    shadow: Shadow, ask: Ask, active_version: ModelVersion
) -> None:
    record(answered(active_version, datetime.now(UTC) + timedelta(days=20)))
    assert all_scored() == 1
    ask(2)
    assert all_scored() == 2


def test_done_again_nothing_changes(shadow: Shadow, ask: Ask) -> None:
    ask(4)
    assert all_scored() == 4
    before = list(ShadowAnswer.objects.order_by("id").values())
    Shadow.objects.update(read_to=UUID(int=0), swept_at=datetime.now(UTC) - timedelta(days=1))
    assert all_scored() == 0
    assert list(ShadowAnswer.objects.order_by("id").values()) == before


def test_one_worker_at_a_time(shadow: Shadow, ask: Ask) -> None:
    ask(2)
    name = str(connection.settings_dict["NAME"])
    with psycopg.connect(os.environ["DATABASE_URL"], dbname=name, autocommit=True) as elsewhere:
        lock = "SELECT pg_advisory_lock(hashtext('shadow'), %s)"
        elsewhere.execute(lock, [shadow.pk])
        assert score() == 0
    assert all_scored() == 2


def test_more_rows_than_fit_in_a_chunk(shadow: Shadow, active_version: ModelVersion) -> None:
    backdate(shadow, minutes=1)
    start = datetime.now(UTC) - timedelta(seconds=2)
    rows = [answered(active_version, start + timedelta(milliseconds=n // 3)) for n in range(2_300)]
    record_many(rows)
    assert all_scored() == 2_300
    assert ShadowAnswer.objects.filter(error="").count() == 2_300


def test_two_shadows_compute_the_same_requests(
    shadow: Shadow, ask: Ask, tmp_path: Path, active_version: ModelVersion
) -> None:
    second = registered(tmp_path, ["bedrooms"])
    set_shadow(predictor="homes", version=second.version, actor="test")
    ask(3)
    assert all_scored() == 6


def test_it_waits_while_its_version_cannot_be_loaded(
    shadow: Shadow, other: ModelVersion, ask: Ask
) -> None:
    right = other.model_file.name
    ModelVersion.objects.filter(pk=other.pk).update(model_file="homes/nowhere/model.pkl")
    ask(2)
    assert score() == 0
    shadow.refresh_from_db()
    assert "a file cannot be read" in shadow.fault
    ModelVersion.objects.filter(pk=other.pk).update(model_file=right)
    assert all_scored() == 2
    shadow.refresh_from_db()
    assert shadow.fault == ""


def test_what_becomes_active_is_no_shadow_any_more(shadow: Shadow, ask: Ask) -> None:
    version = shadow.model_version.version
    activate_version(predictor="homes", version=version, actor="test")
    ask(2)
    assert score() == 0
    shadow.refresh_from_db()
    assert not shadow.is_open
    assert shadow.ended_by == "the version became active"


def test_what_has_ended_computes_no_more(shadow: Shadow, ask: Ask) -> None:
    end_shadow(predictor="homes", version=shadow.model_version.version, actor="test")
    ask(2)
    assert score() == 0
    assert not ShadowAnswer.objects.exists()


@pytest.mark.parametrize(("days", "left"), [(10, 1), (60, 2), (0, 0)])
def test_old_answers_are_removed(
    shadow: Shadow, active_version: ModelVersion, settings: Any, days: int, left: int
) -> None:
    backdate(shadow, days=40)
    Shadow.objects.update(read_to=UUID(int=0))
    for age in (timedelta(days=1), timedelta(days=20)):
        record(answered(active_version, datetime.now(UTC) - age))
    assert all_scored() == 2
    settings.SHADOW_DAYS = days
    assert remove_old_answers() == 2 - left
    assert ShadowAnswer.objects.count() == left
