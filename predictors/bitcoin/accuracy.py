"""How far off forecasts of the last while were, and the naive guesses about the same seconds.

Of n forecasts, with error = guess - actual in USD, and in basis points of the actual price:
RMSE = sqrt(sum(error^2) / n), MAE = sum(|error|) / n, bias = sum(error) / n: above 0, too high.
Direction is the share, in %, of those whose second brought another price than the last close, for
which the guess lay on that side of the last close. Persistence says the last close: no direction.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from predictors.bitcoin.ml.targets import DEFAULT
from predictors.bitcoin.models import GUESSES, Forecast

LEAST = 30
"""Of fewer forecasts figures are told, and that they say little."""
LATEST = 200_000
"""So many are looked at, the newest: two days of seconds. Anybody may ask, and each costs."""
SILENT = "persistence"

Sums = Mapping[str, Any]
Figures = dict[str, dict[str, float | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    window: timedelta | None
    """Up to now, by the clock at which predictions were asked for; None: all."""
    said: str
    """The window as it was written."""
    target: str = DEFAULT
    at_most: int = LATEST
    """Forecasts, those that were asked for last."""


@dataclass(frozen=True, slots=True)
class Group:
    """The forecasts of one version, or of all."""

    n: int
    figures: Figures
    """By guess: model, persistence, ewma; each None where there is nothing to tell it from."""
    version: int | None = None
    name: str = ""

    @property
    def is_enough(self) -> bool:
        return self.n >= LEAST


@dataclass(frozen=True, slots=True)
class Accuracy:
    wanted: Wanted
    since: datetime | None
    until: datetime
    is_cut: bool
    """There are more forecasts than were looked at."""
    overall: Group
    versions: Sequence[Group]


def accuracy(wanted: Wanted) -> Accuracy:
    """Of predictions that were asked for in the window and whose second has come."""
    until = datetime.now(UTC)
    since = None if wanted.window is None else until - wanted.window
    forecasts = Forecast.objects.of(wanted.target)
    if since is not None:
        forecasts = forecasts.made_since(since)
    newest = forecasts.order_by("-predicted_at").values_list("predicted_at", flat=True)
    too_old = newest[wanted.at_most : wanted.at_most + 1].first()
    if too_old is not None:
        forecasts = forecasts.filter(predicted_at__gt=too_old)
    rows = list(forecasts.sums_by_version())
    versions = [_group(row, version=row["version"], name=row["name"]) for row in rows]
    overall = _group(_added(rows))
    return Accuracy(wanted, since, until, too_old is not None, overall, versions)


def _added(rows: Sequence[Sums]) -> dict[str, Any]:
    names = rows[0].keys() - {"version", "name"} if rows else ()
    return {name: sum(row[name] for row in rows) for name in names}


def _group(sums: Sums, *, version: int | None = None, name: str = "") -> Group:
    figures: Figures = {}
    for guess in GUESSES:
        told: dict[str, float | None] = {}
        for of, unit in ((guess, "usd"), (f"{guess}_points", "bp")):
            squared = _mean(sums, f"{of}_squared", "n")
            told[f"rmse_{unit}"] = None if squared is None else math.sqrt(squared)
            told[f"mae_{unit}"] = _mean(sums, f"{of}_absolute", "n")
            told[f"bias_{unit}"] = _mean(sums, f"{of}_error", "n")
        right = None if guess == SILENT else _mean(sums, f"{guess}_right", "moved")
        told["direction"] = None if right is None else 100 * right
        figures[guess] = told
    return Group(sums.get("n", 0), figures, version, name)


def _mean(sums: Sums, name: str, among: str) -> float | None:
    return sums[name] / sums[among] if sums.get(among) else None
