"""From the inputs of many homes to what each part of the champion is given."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from predictors.homes.ml.champion.features import (
    FEATURES,
    OF_COLUMNS,
    east,
    features,
    linear_terms,
    north,
)
from predictors.homes.ml.champion.parameters import Parameters
from predictors.homes.ml.inputs import VALUATION_DATE

Rows = npt.NDArray[np.float64]
DAYS_PER_YEAR = 365.25


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days of the training data, as ordinals."""

    first: float
    last: float
    horizon: float

    def years(self, day: Rows) -> Rows:
        """Since the first day; 0 means the last day.

        Beyond the last day time passes ever slower and never more than `horizon` days: a trend is
        followed for a while, and then damped (Gardner & McKenzie 1985).
        """
        day = np.where(day == 0.0, self.last, day)
        beyond = np.maximum(day - self.last, 0.0)
        inside = np.clip(day, self.first, self.last) - self.first
        return (inside - self.horizon * np.expm1(-beyond / self.horizon)) / DAYS_PER_YEAR

    def years_of_one(self, day: float) -> float:
        """As `years`, of one day."""
        day = day or self.last
        beyond = max(day - self.last, 0.0)
        inside = min(max(day, self.first), self.last) - self.first
        return (inside - self.horizon * math.expm1(-beyond / self.horizon)) / DAYS_PER_YEAR

    def knots(self, recent: float, step: float) -> Rows:
        """Years at which the trend may bend: every `step` days, but not in the `recent` days.

        The last stretch is what the trend goes on with: it has to rest on enough sales.
        """
        days = np.arange(self.last - recent, self.first + step / 2, -step)[::-1]
        return (days - self.first) / DAYS_PER_YEAR


def seen_of(home: Mapping[str, Any] | pd.DataFrame, calendar: Calendar) -> dict[str, Rows]:
    """All named columns `(n_homes,)` of the model's inputs by name."""
    seen = features(home, OF_COLUMNS)
    years = calendar.years(np.asarray(home[VALUATION_DATE], dtype=np.float64))
    seen |= linear_terms(seen, years, OF_COLUMNS)
    return {name: np.asarray(column, dtype=np.float64) for name, column in seen.items()}


def points_of(seen: Mapping[str, Rows]) -> Rows:
    """`(n_homes, 2)`: miles east and north."""
    return np.column_stack([east(seen["long"]), north(seen["lat"])])


def likeness_of(seen: Mapping[str, Rows], parameters: Parameters) -> Rows:
    """`(n_homes, 4)`."""
    near = parameters.neighbourhood
    return np.column_stack(
        [
            seen["log_living"] * near.log_living,
            seen["grade"] * near.grade,
            seen["yr_built"] * near.yr_built,
            seen["log_lot"] * near.log_lot,
        ]
    )


def tree_matrix(seen: Mapping[str, Rows], around: Rows, timeless: Rows) -> Rows:
    """`(n_homes, n_features)`: what the trees are given.

    `timeless` is the linear part without its trend. Of the date the trees are told nothing: they
    could not go on with it beyond the last sale.
    """
    return np.column_stack([*(seen[name] for name in FEATURES), around, timeless])
