"""Seconds, accuracy and the last minutes as the API shows them."""

from datetime import UTC, datetime
from typing import Any

from predictors.bitcoin.accuracy import LEAST, Accuracy, Group
from predictors.bitcoin.frames import data_kind
from predictors.bitcoin.live import Live
from predictors.bitcoin.models import Forecast
from predictors.bitcoin.recording import Recorded

Document = dict[str, Any]


def recorded(done: Recorded, *, sent: int) -> Document:
    """A second that was sent twice at once is known the second time."""
    return {
        "added": done.added,
        "known": sent - done.added,
        "resolved": done.resolved,
        "newest": done.newest,
    }


def accuracy(found: Accuracy) -> Document:
    return {
        "predictor": "bitcoin",
        "target": found.wanted.target,
        "window": found.wanted.said,
        "since": found.since,
        "until": found.until,
        "data": data_kind(),
        "cut": found.is_cut,
        **_figures(found.overall),
        "note": _note(found.overall),
        "versions": [
            {"version": group.version, "name": group.name, **_figures(group)}
            for group in found.versions
        ],
    }


def _figures(group: Group) -> Document:
    return {"n": group.n, "enough": group.is_enough, **group.figures}


def _note(group: Group) -> str:
    if group.is_enough:
        return ""
    if group.n == 0:
        return "no prediction that was asked for in this window has met its second"
    return f"only {group.n}: figures of fewer than {LEAST} forecasts say little"


def live(found: Live) -> Document:
    newest = found.newest
    return {
        "now": datetime.now(UTC),
        "data": newest and ("synthetic" if newest.is_synthetic else "real"),
        "newest": newest
        and {
            "time": newest.time,
            "price_close": newest.price_close,
            "recorded_at": newest.recorded_at,
        },
        "waiting": found.waiting
        and {
            "predicted_at": found.waiting.at,
            "prediction": found.waiting.prediction,
            "version": found.waiting.version,
        },
        "seconds": [{"time": time, "price_close": close} for time, close in found.seconds],
        "forecasts": [_forecast(forecast) for forecast in found.forecasts],
    }


def _forecast(forecast: Forecast) -> Document:
    return {
        "id": forecast.prediction_id,
        "second": forecast.second,
        "predicted_at": forecast.predicted_at,
        "prediction": forecast.prediction,
        "actual": forecast.actual,
        "last_close": forecast.last_close,
        "version": forecast.model_version.version,
    }
