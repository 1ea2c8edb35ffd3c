"""The last minutes of the market, and what was said of them: for those who look on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from modelregistry.models import ModelVersion
from predictions.answered import answers_about
from predictors.bitcoin.decoding import subject_of
from predictors.bitcoin.ml.schema import WINDOW
from predictors.bitcoin.models import Forecast, Second, as_array
from predictors.bitcoin.resolving import PREDICTOR

MOST_MINUTES = 60
MOST_ROWS = 4_000
"""Of each table: an hour of seconds, and a few that two versions answered."""


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
    return Live(newest, list(seconds)[::-1], list(shown), _waiting(target))


def _waiting(target: str) -> Waiting | None:
    """What the active version said of the second after the newest: asked the newest sixty."""
    active = ModelVersion.objects.active(PREDICTOR).only("version").first()
    rows = Second.objects.all().newest(WINDOW)
    if active is None or len(rows) < WINDOW:
        return None
    answers = answers_about(predictor=PREDICTOR, subjects=[subject_of(as_array(rows), target)])
    said = next((one for one in answers if one.model_version_id == active.pk), None)
    return None if said is None else Waiting(said.at, said.prediction, active.version)
