"""Ridge regression that goes on learning: what it has seen is kept as sums, not as rows.

Standardised features with a leading one, z `(25,)`, and the outcome y, in basis points of
ln(actual / last close), go into two sums, older ones weighing less:

    G <- f G + z zᵀ,   m <- f m + z y,   for each traded second in turn

and the coefficients solve (G + penalty D) w = m, D the identity without the leading one's place.
That is the batch solution with the weights f^age: an update of sixty seconds costs as much after a
year as on the first day, and however the seconds are cut into updates, the result is the same.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from predictors.bitcoin.ml.features import BASIS_POINTS, CONTEXT, MODEL_FEATURES, SCALE_FREE
from predictors.bitcoin.ml.targets import CURRENT_HIGH, FORECASTS, code_of

Rows = npt.NDArray[np.float64]
Predict = Callable[[Rows], Rows]

FARTHEST: Final = 1_000.0
"""Basis points. No answer is farther from the last close: beyond, features are nonsense."""
_CURRENT_HIGH: Final = code_of(CURRENT_HIGH)
_FIRST: Final = len(CONTEXT)


@dataclass(frozen=True, slots=True, eq=False)
class OnlineRidge:
    """One row in, one price out: the row says which of TARGETS is asked. Immutable."""

    mean: Rows
    """`(24,)`, of the first training; later updates keep it, so that sums can be added."""
    scale: Rows
    """`(24,)`, above 0."""
    penalty: float
    forgetting: float
    """Weight of a traded second when the next one has been learned, above 0, at most 1."""
    gram: Rows
    """G, `(25, 25)`."""
    moments: Rows
    """m, `(25, 2)`: for each of FORECASTS."""
    count: float
    """How many seconds' worth the sums are: less than were seen, where older ones weigh less."""
    weights: Rows
    """`(2, 24)`, basis points per unit of a feature as it comes, for each of FORECASTS."""
    constants: Rows
    """`(2,)`, basis points."""

    @property
    def n_features_in_(self) -> int:
        return len(MODEL_FEATURES)

    @property
    def feature_names_in_(self) -> npt.NDArray[np.object_]:
        return np.array(MODEL_FEATURES, dtype=object)

    def predict(self, rows: Rows | pd.DataFrame) -> Rows:
        """`(n, 27)`, columns MODEL_FEATURES, to `(n,)`, USD.

        The current high is max(open, close), with nothing learned. Raises ValueError for rows of
        another width, or a target that is none.
        """
        rows = np.asarray(rows, dtype=np.float64)
        if rows.ndim != 2 or rows.shape[1] != len(MODEL_FEATURES):
            raise ValueError(f"rows of {len(MODEL_FEATURES)} features are expected: {rows.shape}")
        # To the nearest: a trial looks whether an answer hangs on the last bit of an input.
        asked, closes = np.rint(rows[:, 0]), rows[:, 1]
        ahead = asked != _CURRENT_HIGH
        if not np.isin(asked, range(_CURRENT_HIGH + 1)).all():
            raise ValueError("target is the place of a name in TARGETS")
        which = np.where(ahead, asked, 0).astype(np.intp)
        expected = np.add.reduce(rows[:, _FIRST:] * self.weights[which], axis=1)
        expected += self.constants[which]
        np.minimum(np.maximum(expected, -FARTHEST), FARTHEST, out=expected)
        answers: Rows = closes * np.exp(expected / BASIS_POINTS)
        return np.where(ahead, answers, np.maximum(closes, rows[:, 2]))

    def compiled(self) -> Predict:
        """`predict` for an array, quick for a single row; the same operations, the same bits."""
        forecasts = {
            float(place): (self.weights[place], self.constants[place])
            for place in range(len(FORECASTS))
        }
        highest, lowest, width = FARTHEST, -FARTHEST, len(MODEL_FEATURES)
        add, exp, predict = np.add.reduce, np.exp, self.predict

        def answer(rows: Rows) -> Rows:
            if rows.shape != (1, width):
                return predict(rows)
            row = rows[0]
            forecast = forecasts.get(row[0])
            if forecast is None:
                return predict(rows)
            weights, constant = forecast
            expected = add(row[_FIRST:] * weights) + constant
            if not lowest <= expected <= highest:
                return predict(rows)
            answers: Rows = rows[:, 1] * exp(expected / BASIS_POINTS)
            return answers

        return answer

    def updated(self, rows: Rows, next_close: Rows, next_high: Rows) -> "OnlineRidge":
        """Another model, which has also learned these seconds, in the order of time.

        `rows` `(n, 27)`, whatever their target; what came next, each `(n,)`, USD.
        """
        outcomes = outcomes_of(rows, next_close, next_high)
        sums = summed(self._standardised(rows), outcomes, self.forgetting)
        faded = self.forgetting ** len(rows)
        return solved(
            mean=self.mean,
            scale=self.scale,
            penalty=self.penalty,
            forgetting=self.forgetting,
            gram=faded * self.gram + sums[0],
            moments=faded * self.moments + sums[1],
            count=faded * self.count + sums[2],
        )

    def _standardised(self, rows: Rows) -> Rows:
        return standardised(rows[:, _FIRST:], self.mean, self.scale)


def fitted(
    rows: Rows, next_close: Rows, next_high: Rows, *, penalty: float, forgetting: float
) -> OnlineRidge:
    """The first training: `rows` `(n, 27)` in the order of time, what came next `(n,)`, USD."""
    features = rows[:, _FIRST:]
    mean, scale = features.mean(axis=0), features.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)  # one that never changes tells nothing
    empty = len(SCALE_FREE) + 1
    nothing = OnlineRidge(
        mean=mean,
        scale=scale,
        penalty=penalty,
        forgetting=forgetting,
        gram=np.zeros((empty, empty)),
        moments=np.zeros((empty, len(FORECASTS))),
        count=0.0,
        weights=np.zeros((len(FORECASTS), len(SCALE_FREE))),
        constants=np.zeros(len(FORECASTS)),
    )
    return nothing.updated(rows, next_close, next_high)


def outcomes_of(rows: Rows, next_close: Rows, next_high: Rows) -> Rows:
    """`(n, 2)`, basis points of ln(what came / last close), for each of FORECASTS."""
    actual = np.column_stack([next_close, next_high]).astype(np.float64)
    outcomes: Rows = np.log(actual / rows[:, 1, None]) * BASIS_POINTS
    return outcomes


def standardised(features: Rows, mean: Rows, scale: Rows) -> Rows:
    """`(n, k)` to `(n, k + 1)`, with the leading one."""
    return np.column_stack([np.ones(len(features)), (features - mean) / scale])


def summed(standard: Rows, outcomes: Rows, forgetting: float) -> tuple[Rows, Rows, float]:
    """Of `(n, k)` and `(n, t)` in the order of time: `(k, k)`, `(k, t)`, and the weights' sum."""
    ages = forgetting ** np.arange(len(standard), dtype=np.float64)[::-1]
    weighted = standard * ages[:, None]
    return weighted.T @ standard, weighted.T @ outcomes, float(ages.sum())


def coefficients(gram: Rows, moments: Rows, penalty: float) -> Rows:
    """`(k, t)`. The first place, of the constant, is not drawn to nothing."""
    drawn = np.full(len(gram), penalty)
    drawn[0] = 0.0
    found: Rows = np.linalg.solve(gram + np.diag(drawn), moments).astype(np.float64, copy=False)
    return found


def solved(
    *,
    mean: Rows,
    scale: Rows,
    penalty: float,
    forgetting: float,
    gram: Rows,
    moments: Rows,
    count: float,
) -> OnlineRidge:
    """The model of these sums."""
    found = coefficients(gram, moments, penalty)
    weights = np.ascontiguousarray((found[1:] / scale[:, None]).T)
    return OnlineRidge(
        mean=mean,
        scale=scale,
        penalty=penalty,
        forgetting=forgetting,
        gram=gram,
        moments=moments,
        count=count,
        weights=weights,
        constants=found[0] - weights @ mean,
    )


RIDGE_CLASSES: Final = frozenset({f"{OnlineRidge.__module__}.{OnlineRidge.__qualname__}"})
