"""GET /api/bitcoin/accuracy/: how far off the last forecasts were, beside the naive guesses."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from modelregistry.models import ModelVersion
from predictions.models import Prediction
from predictors.bitcoin.models import Forecast

from .conftest import Asking
from .telling import Telling, later, quick_passwords, tell, window

__all__ = ("quick_passwords", "tell")
PATH = "/api/bitcoin/accuracy/"
START = datetime(2019, 12, 31, 12, tzinfo=UTC)


@pytest.fixture
def accuracy(api: Client) -> Any:
    def get(query: str = "") -> Any:
        return api.get(f"{PATH}{query}").json()

    return get


def forecasts(
    count: int, *, version: ModelVersion | None = None, ago: timedelta = timedelta(), **more: Any
) -> list[Forecast]:
    """Of seconds in a row: 100 was the last close, 101 was said, 102 it was; asked `ago`."""
    version = version or ModelVersion.objects.active("bitcoin").get()
    known = {"prediction": 101.0, "last_close": 100.0, "ewma": 99.0, "actual": 102.0}
    return Forecast.objects.bulk_create(
        Forecast(
            second=START + timedelta(seconds=number),
            target="next_close",
            model_version=version,
            prediction_id="01a20193-310e-705c-953a-7ff773457b53",
            predicted_at=timezone.now() - ago,
            **(known | more),
        )
        for number in range(count)
    )


def by_hand(guesses: list[float], lasts: list[float], actuals: list[float]) -> dict[str, Any]:
    errors = [guess - actual for guess, actual in zip(guesses, actuals, strict=True)]
    points = [1e4 * error / actual for error, actual in zip(errors, actuals, strict=True)]
    found: dict[str, Any] = {}
    for unit, values in (("usd", errors), ("bp", points)):
        found[f"rmse_{unit}"] = math.sqrt(sum(value**2 for value in values) / len(values))
        found[f"mae_{unit}"] = sum(map(abs, values)) / len(values)
        found[f"bias_{unit}"] = sum(values) / len(values)
    right = [
        (guess - last) * (actual - last) > 0
        for guess, last, actual in zip(guesses, lasts, actuals, strict=True)
        if actual != last
    ]
    found["direction"] = 100 * sum(right) / len(right)
    return found


def test_it_works(tell: Telling, ask: Asking, accuracy: Any) -> None:
    """Thirty seconds, then the errors by hand from the audit log."""
    steps = [0.0, 1.5, -2.25, 0.75, 3.0, -1.0, 0.0, -0.5, 2.0, -3.5] * 3
    actuals = []
    for step in steps:
        ask(window())
        body = later(by=step)
        tell(body)
        actuals.append(body["price_close"])
    ask(window())  # its second does not come
    rows = list(Prediction.objects.filter(predictor="bitcoin").order_by("id"))[: len(steps)]
    naive = [row.response["naive"] for row in rows]
    lasts = [guess["last_close"] for guess in naive]
    said = {
        "model": [row.prediction for row in rows],
        "persistence": lasts,
        "ewma": [guess["ewma"] for guess in naive],
    }
    found = accuracy()
    assert (found["n"], found["enough"], found["note"]) == (30, True, "")
    assert (found["window"], found["target"], found["data"]) == ("60s", "next_close", "synthetic")
    for guess, values in said.items():
        hand = by_hand(values, lasts, actuals)
        if guess == "persistence":
            assert (found[guess].pop("direction"), hand.pop("direction")) == (None, 0.0)
        assert found[guess] == pytest.approx(hand, rel=1e-9, abs=1e-9)
    (only,) = found["versions"]
    assert only["version"] == ModelVersion.objects.active("bitcoin").get().version
    assert only["model"] == found["model"]


def test_the_window_is_about_when_it_was_asked(accuracy: Any) -> None:
    forecasts(3)
    forecasts_before = Forecast.objects.filter(second=START)
    forecasts_before.update(predicted_at=timezone.now() - timedelta(minutes=5))
    counts = {said: accuracy(f"?window={said}")["n"] for said in ("60s", "10m", "6h", "7d", "all")}
    assert counts == {"60s": 2, "10m": 3, "6h": 3, "7d": 3, "all": 3}
    found = accuracy("?window=10m")
    since, until = (datetime.fromisoformat(found[name]) for name in ("since", "until"))
    assert until - since == timedelta(minutes=10)
    assert accuracy("?window=all")["since"] is None


def test_each_version_has_its_own_figures(accuracy: Any) -> None:
    active = ModelVersion.objects.active("bitcoin").get()
    forecasts(2)
    other = ModelVersion.objects.get(pk=active.pk)
    other.pk, other.version, other.is_active = None, active.version + 1, False
    other.save()
    forecasts(1, version=other, prediction=98.0)
    found = accuracy()
    assert [(one["version"], one["n"]) for one in found["versions"]] == [
        (active.version, 2),
        (other.version, 1),
    ]
    assert [one["model"]["bias_usd"] for one in found["versions"]] == [-1.0, -4.0]
    assert [one["model"]["direction"] for one in found["versions"]] == [100.0, 0.0]
    assert (found["n"], found["model"]["bias_usd"]) == (3, -2.0)
    assert found["persistence"]["mae_usd"] == 2.0


def test_few_forecasts_are_said_to_be_few(accuracy: Any) -> None:
    forecasts(29)
    found = accuracy()
    assert (found["n"], found["enough"]) == (29, False)
    assert found["note"].startswith("only 29:")
    assert found["model"]["rmse_usd"] == 1.0
    assert found["model"]["rmse_bp"] == pytest.approx(1e4 / 102)


def test_without_forecasts_nothing_is_pretended(accuracy: Any) -> None:
    found = accuracy()
    assert (found["n"], found["enough"], found["versions"]) == (0, False, [])
    assert found["note"]
    for guess in ("model", "persistence", "ewma"):
        assert set(found[guess].values()) == {None}


def test_a_price_that_stood_still_has_no_direction(accuracy: Any) -> None:
    forecasts(2, actual=100.0)
    assert accuracy()["model"]["direction"] is None
    assert accuracy()["model"]["bias_usd"] == 1.0


def test_targets_are_told_apart(accuracy: Any) -> None:
    forecasts(2)
    Forecast.objects.filter(second=START).update(target="next_high")
    assert (accuracy()["n"], accuracy("?target=next_high")["n"]) == (1, 1)


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("?window=60", {"window"}),
        ("?window=0s", {"window"}),
        ("?window=91d", {"window"}),
        ("?window=9999999d", {"window"}),
        ("?window=", {"window"}),
        ("?target=current_high&window=-1s&by=version", {"target", "window", "by"}),
    ],
)
def test_a_wrong_question_is_refused(accuracy: Any, query: str, fields: set[str]) -> None:
    problem = accuracy(query)
    assert problem["code"] == "invalid-input"
    assert {fault["field"] for fault in problem["errors"]} == fields
