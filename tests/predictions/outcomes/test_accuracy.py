"""GET /api/accuracy/: what outcomes say of predictions."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test import Client

from learning.metrics import valuation_metrics
from learning.ratio_study import ratio_statistics
from modelregistry.models import ModelVersion
from predictions import recording
from predictions.outcomes.accuracy import Wanted, accuracy
from predictions.outcomes.models import Outcome
from predictions.outcomes.tasks import add_intervals
from predictors.homes.frames import demographics_frame, sales_frame
from predictors.homes.ml.inputs import inputs_of
from predictors.homes.ml.schema import HOME_COLUMNS
from predictors.homes.models import DataLoad
from tests.predictions.outcomes.conftest import Post, log_answers
from tests.predictions.rows import row_of
from tests.predictions.versions.conftest import another

Rows = list[dict[str, Any]]


def inputs_of_sales(version: ModelVersion, count: int) -> np.ndarray[Any, Any]:
    return inputs_of(sales_frame()[:count], demographics_frame(), version.feature_names).to_numpy()


def replay_sales(version: ModelVersion, count: int, post: Post) -> Rows:
    """Sales as predictions, then their prices as outcomes; what an offline script would hold."""
    sales, inputs = sales_frame()[:count], inputs_of_sales(version, count)
    requests: list[Any] = sales[list(HOME_COLUMNS)].to_dict("records")
    answers = log_answers(version, requests, inputs)
    rows: Rows = [
        {"id": name, "prediction": said, "price": price, "date": day, "zipcode": zipcode}
        for (name, said), price, day, zipcode in zip(
            answers, sales["price"], sales["date"], sales["zipcode"], strict=True
        )
    ]
    body = [{"id": r["id"], "actual": r["price"], "date": r["date"].isoformat()} for r in rows]
    response = post(json.dumps(body))
    assert response.json()["recorded"] == count
    return rows


def offline(rows: Rows) -> dict[str, Any]:
    """The same figures from the rows alone."""
    actual = np.array([row["price"] for row in rows])
    predicted = np.array([row["prediction"] for row in rows])
    off = (predicted - actual) / actual
    found = valuation_metrics(actual, predicted) | {
        "median_error": 100 * np.median(off),
        "mean_error": 100 * np.mean(off),
        "mean_ratio": np.mean(predicted / actual),
        "naive_mdape": 100 * np.median(np.abs(np.median(actual) - actual) / actual),
    }
    if len(rows) >= 30:
        found |= ratio_statistics(actual, predicted)
    names = ("mdape", "within_5", "within_10", "within_20", "median_error", "mean_error")
    ratios = ("mean_ratio", "naive_mdape", "median_ratio", "cod", "prd")
    return {
        "n": len(rows),
        "first_date": min(row["date"] for row in rows).isoformat(),
        "last_date": max(row["date"] for row in rows).isoformat(),
        **{name: found.get(name) if len(rows) >= 5 else None for name in (*names, *ratios)},
    }


def without_intervals(figures: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in figures.items() if name in offline_names}


offline_names = set(offline([{"price": 1.0, "prediction": 1.0, "date": date(2015, 1, 1)}]))


def asked(api: Client, query: str = "") -> dict[str, Any]:
    response = api.get(f"/api/accuracy/?predictor=homes{query}")
    assert response.status_code == 200, response.content
    return dict(response.json())


def test_it_works(api: Client, post: Post, active_version: ModelVersion) -> None:
    """Every figure is, in every bit, what an offline script computes from the same rows."""
    rows = replay_sales(active_version, 1000, post)
    found = asked(api)
    assert without_intervals(found["overall"]) == offline(rows)
    (group,) = found["groups"]
    assert without_intervals(group) == offline(rows)
    assert (group["group"], group["at_training"]["part"]) == ("1", "test")
    assert found["overall"]["cod"] is not None

    for by, label in (
        ("zipcode", lambda row: row["zipcode"]),
        ("month", lambda row: row["date"].isoformat()[:7]),
        ("price_band", lambda row: band(row["price"])),
    ):
        groups = {g["group"]: without_intervals(g) for g in asked(api, f"&by={by}")["groups"]}
        names = {label(row) for row in rows}
        assert groups == {
            name: offline([row for row in rows if label(row) == name]) for name in names
        }


def band(price: float) -> str:
    limits = [250_000, 500_000, 750_000, 1_000_000, 2_000_000]
    below = [limit for limit in limits if limit <= price]
    above = [limit for limit in limits if limit > price]
    if not below:
        return f"under {above[0]:,}"
    return f"{below[-1]:,} to {above[0]:,}" if above else f"{below[-1]:,} and more"


@pytest.mark.real_data
def test_five_thousand_real_sales(api: Client, post: Post, data_folder: Any) -> None:
    version = ModelVersion.objects.active("homes").get()
    rows = replay_sales(version, 2_000 if "sample" in str(data_folder) else 5_000, post)
    assert without_intervals(asked(api)["overall"]) == offline(rows)


def test_it_stays_when_the_log_is_dropped(
    api: Client, post: Post, active_version: ModelVersion
) -> None:
    replay_sales(active_version, 50, post)
    before = asked(api)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE predictions_prediction DISABLE TRIGGER USER")
        cursor.execute("DELETE FROM predictions_prediction")
    assert asked(api) | {"since": before["since"]} == before
    assert add_intervals() == 50
    assert not Outcome.objects.without_interval().exists()


def test_few_outcomes_tell_nothing(api: Client, post: Post, active_version: ModelVersion) -> None:
    replay_sales(active_version, 4, post)
    found = asked(api)["overall"]
    assert (found["n"], found["mdape"], found["cod"]) == (4, None, None)
    assert found["interval"] == {"n": 0, "promised": 90.0, "coverage": None}
    assert asked(api, "&by=zipcode")["groups"]


def test_without_outcomes_there_are_no_figures(api: Client, db: None) -> None:
    for by in ("version", "zipcode", "month", "price_band"):
        found = asked(api, f"&by={by}")
        assert (found["overall"]["n"], found["groups"]) == (0, [])


def test_windows_and_versions(api: Client, post: Post, active_version: ModelVersion) -> None:
    replay_sales(active_version, 10, post)
    replay_sales(another(), 20, post)
    old = Outcome.objects.order_by("id")[:5].values("pk")
    Outcome.objects.filter(pk__in=old).update(recorded_at=datetime.now(UTC) - timedelta(days=40))
    assert [(g["group"], g["n"]) for g in asked(api)["groups"]] == [("1", 10), ("2", 20)]
    assert [g["n"] for g in asked(api, "&window=30d")["groups"]] == [5, 20]
    assert asked(api, "&version=2")["overall"]["n"] == 20
    assert asked(api, "&on=sale")["overall"]["n"] == 0
    assert asked(api, "&on=sale&window=all")["overall"]["n"] == 30


def test_made_up_and_real_outcomes_are_told_apart(
    api: Client, post: Post, active_version: ModelVersion
) -> None:
    replay_sales(active_version, 10, post)
    assert (asked(api)["data"], asked(api)["overall"]["n"]) == ("synthetic", 10)
    assert asked(api, "&data=real")["overall"]["n"] == 0
    DataLoad.objects.update(is_synthetic=False)  # as if real files had replaced the sample
    assert (asked(api)["data"], asked(api)["overall"]["n"]) == ("real", 0)
    assert asked(api, "&data=synthetic")["overall"]["n"] == 10


def test_of_many_outcomes_the_last_are_looked_at(
    api: Client, post: Post, active_version: ModelVersion
) -> None:
    rows = replay_sales(active_version, 50, post)
    wanted = Wanted(predictor="homes", window=None)
    cut = accuracy(replace(wanted, at_most=40))
    assert (cut.is_cut, without_intervals(dict(cut.overall))) == (True, offline(rows[10:]))
    assert not accuracy(replace(wanted, at_most=50)).is_cut
    assert (asked(api)["at_most"], asked(api)["cut"]) == (200_000, False)


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ("predictor=dogs", 422, "predictor"),
        ("window=week", 422, "window"),
        ("window=0d", 422, "window"),
        ("by=colour", 422, "by"),
        ("data=dreams", 422, "data"),
        ("on=monday", 422, "on"),
        ("version=x", 422, "version"),
        ("verison=1", 422, "verison"),
        ("version=99", 404, None),
    ],
)
def test_a_wrong_parameter_is_named(
    api: Client, db: None, query: str, status: int, field: str | None
) -> None:
    response = api.get(f"/api/accuracy/?{query}")
    assert response.status_code == status
    if field:
        assert [fault["field"] for fault in response.json()["errors"]] == [field]


def test_intervals_are_asked_for_later_and_once(
    api: Client, post: Post, champion_version: ModelVersion, home: dict[str, Any]
) -> None:
    replay_sales(champion_version, 40, post)
    asked_for = api.post(
        "/api/predict/?include=interval", home, content_type="application/json"
    ).json()
    post({"id": asked_for["id"], "actual": 400_000, "date": "2015-05-01"})
    with_answer = Outcome.objects.get(prediction_id=asked_for["id"])
    assert (with_answer.lower, with_answer.upper) == (
        asked_for["interval"]["lower"],
        asked_for["interval"]["upper"],
    )
    assert asked(api)["overall"]["interval"]["n"] == 1
    assert add_intervals() == 40
    assert add_intervals() == 0
    held = [o.lower <= o.actual <= o.upper for o in Outcome.objects.all() if o.lower and o.upper]
    assert len(held) == 41
    assert asked(api)["overall"]["interval"] == {
        "n": 41,
        "promised": 90.0,
        "coverage": 100 * float(np.mean(held)),
    }


def test_a_version_that_fails_keeps_no_interval_from_the_others(
    post: Post, champion_version: ModelVersion
) -> None:
    broken = row_of(
        datetime.now(UTC),
        model_version_id=champion_version.pk,
        features=[1.0],
        prediction=400_000,
        response=b'{"data": "synthetic"}',
    )
    recording.record_many([broken])
    post({"id": broken.id.hex(), "actual": 400_000, "date": "2015-05-01"})
    replay_sales(another(), 5, post)
    assert add_intervals() == 5
    waiting = Outcome.objects.without_interval()
    assert [outcome.model_version for outcome in waiting] == [champion_version]


def test_a_model_without_intervals_is_asked_no_more(
    api: Client, post: Post, active_version: ModelVersion
) -> None:
    replay_sales(active_version, 10, post)
    assert add_intervals() == 10
    assert add_intervals() == 0
    assert asked(api)["overall"]["interval"]["n"] == 0
