"""How far the price may lie from the estimate."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from learning.conformal import Quantiles
from learning.trees import ObliviousTrees
from predictors.homes.ml.champion.linear import LinearPart
from predictors.homes.ml.explaining import Confidence, Interval

Rows = npt.NDArray[np.float64]
# Of the standard normal distribution: 90 % lie within so many standard deviations.
NORMAL_90 = 1.6449
# Freddie Mac's Home Value Explorer publishes its confidence by the forecast standard deviation so.
HIGH_CONFIDENCE, MEDIUM_CONFIDENCE = 0.13, 0.20


@dataclass(frozen=True, slots=True, eq=False)
class Drift:
    """Errors grow after the last training day: by `factor` once `days` have passed."""

    factor: float
    days: float

    def __call__(self, days_after: Rows) -> Rows:
        grown: Rows = 1.0 + (self.factor - 1.0) * np.clip(days_after / self.days, 0.0, 1.0)
        return grown


@dataclass(frozen=True, slots=True, eq=False)
class IntervalModel:
    sizes: ObliviousTrees
    """Log of the size of the error that is expected, from what `seen_by_sizes` gives."""
    quantiles: Quantiles
    """By zipcode, in the order of the linear part, and by band of the log estimate."""
    drift: Drift

    def half_width(
        self, linear: LinearPart, matrix: Rows, log_price: Rows, zipcode: Rows, days_after: Rows
    ) -> Rows:
        """`(n_homes,)`: the price is within estimate × or ÷ exp of this, with `quantiles.level`.

        `matrix` `(n_homes, n_features)` is what the trees were given; `days_after` the last
        training day, negative before it.
        """
        size = np.exp(self.sizes(seen_by_sizes(matrix, log_price)))
        quantile = self.quantiles(linear.places(zipcode), log_price)
        width: Rows = size * quantile * self.drift(days_after)
        return width


def seen_by_sizes(matrix: Rows, log_price: Rows) -> Rows:
    return np.column_stack([matrix, log_price])


def as_interval(estimate: float, half_width: float, level: float) -> Interval:
    """In USD. The FSD is that of a normal distribution with the same interval."""
    fsd = half_width / NORMAL_90
    confidence: Confidence = "low"
    if fsd <= HIGH_CONFIDENCE:
        confidence = "high"
    elif fsd <= MEDIUM_CONFIDENCE:
        confidence = "medium"
    factor = float(np.exp(half_width))
    return Interval(level, estimate / factor, estimate * factor, fsd, confidence)
