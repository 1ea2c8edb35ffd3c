"""The last minutes of the market, and what was said of them: for those who look on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from modelregistry.models import ModelVersion
from predictions.answered import answers_since
from predictors.bitcoin.models import Forecast, Second

MOST_MINUTES = 60
MOST_ROWS = 4_000
"""Of each table: an hour of seconds, and a few that two versions answered."""
LOOKED_AT = 20
"""Answers among which the newest about a target is looked for."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A forecast whose second has not come yet."""

    at: datetime
    prediction: float
    version: int


@dataclass(frozen=True, slots=True)
class Live:
    newest: Second | None
    seconds: Sequence[tuple[datetime, float]]
    """When, and the close in USD; oldest first."""
    forecasts: Sequence[Forecast]
    """Newest first, each with its version."""
    waiting: Waiting | None


def live(*, minutes: int, after: datetime | None, target: str) -> Live:
    """Of the `minutes` up to the newest second, by the market's time; `after`: only what is newer.

    A second and the forecasts that it resolved are there at once: who has the one has the others.
    """
    newest = Second.objects.first()
    if newest is None:
        return Live(None, (), (), None)
    since = newest.time - timedelta(minutes=minutes)
    since = since if after is None else max(since, after)
    seconds = Second.objects.after(since).values_list("time", "price_close")[:MOST_ROWS]
    forecasts = Forecast.objects.of(target).filter(second__gt=since)
    shown = forecasts.with_version().order_by("-second", "-predicted_at")[:MOST_ROWS]
    return Live(newest, list(seconds)[::-1], list(shown), _waiting(newest, target))


def _waiting(newest: Second, target: str) -> Waiting | None:
    """What the active version said since the newest second came."""
    active = ModelVersion.objects.active("bitcoin").only("version").first()
    if active is None:
        return None
    answers = answers_since(newest.recorded_at, model_version_id=active.pk, count=LOOKED_AT)
    said: Any = next((one for one in answers if one.response.get("target") == target), None)
    return said and Waiting(said.at, said.prediction, active.version)
