"""The champion's answers in a tenth of a millisecond.

For one home the sums are done with Python's own numbers, and numpy is called only where there are
many: the same formulas (`features`), in the same order. A batch takes the champion's own way, on
arrays instead of a data frame. That both give the champion's answers is proven at registration.
"""

import math

import numpy as np
import numpy.typing as npt

from predictors.homes.ml.champion.core import Core
from predictors.homes.ml.champion.features import (
    INPUTS,
    OF_NUMBERS,
    YEARS,
    east,
    features,
    linear_terms,
    north,
)
from predictors.homes.ml.inputs import VALUATION_DATE

Rows = npt.NDArray[np.float64]
# Homes at a time: what is computed of them stays small.
BATCH = 8192


class CompiledChampion:
    """Immutable, thread-safe."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._calendar = core.calendar
        linear = core.linear
        self._linear = linear
        self._terms = linear.names
        self._effects = dict(zip(linear.zipcodes.tolist(), linear.effects.tolist(), strict=False))
        place = linear.names.index(YEARS)
        mine = linear.bent == place
        bends = zip(linear.knots[mine].tolist(), linear.bends[mine].tolist(), strict=True)
        self._trend = float(linear.terms[place]), tuple(bends)
        near = core.parameters.neighbourhood
        self._likeness = np.array([near.log_living, near.grade, near.yr_built, near.log_lot])
        core.neighbourhood.tree  # noqa: B018 - built now, not at the first question

    def __call__(self, rows: Rows) -> Rows:
        """`(n_homes, n_inputs)` in the order of INPUTS to `(n_homes,)`, USD. Raises ValueError."""
        if rows.ndim != 2 or rows.shape[1] != len(INPUTS):
            raise ValueError(f"rows of {len(INPUTS)} inputs are expected, not {rows.shape}")
        if len(rows) == 1:
            return np.array([math.exp(self.of_one(rows[0])[0])])
        return np.exp(self.of_many(rows)[0])

    def of_many(self, rows: Rows) -> tuple[Rows, Rows]:
        """Log prices `(n_homes,)`, and what the trees were given."""
        found = [
            self._core.expected(dict(zip(INPUTS, rows[start : start + BATCH].T, strict=True)))
            for start in range(0, max(len(rows), 1), BATCH)
        ]
        return np.concatenate([log for log, _ in found]), np.vstack([seen for _, seen in found])

    def of_one(self, row: Rows) -> tuple[float, Rows]:
        """Log price, and what the trees were given `(1, n_features)`."""
        home = dict(zip(INPUTS, row.tolist(), strict=True))
        seen = features(home, OF_NUMBERS)
        given = [*seen.values()]
        years = self._calendar.years_of_one(home[VALUATION_DATE])
        seen |= linear_terms(seen, years, OF_NUMBERS)
        linear = self._linear_of_one(np.array([seen[name] for name in self._terms]))
        linear += self._effects.get(round(home["zipcode"]), 0.0)
        trend = self._trend_of_one(years)
        likeness = self._likeness * (
            seen["log_living"],
            seen["grade"],
            seen["yr_built"],
            seen["log_lot"],
        )
        around = self._core.neighbourhood.of_one(east(home["long"]), north(home["lat"]), likeness)
        matrix = np.array([[*given, *around.tolist(), linear - trend]])
        return self._core.ensemble.of_one(linear, trend, matrix), matrix

    def _trend_of_one(self, years: float) -> float:
        slope, bends = self._trend
        return slope * years + math.fsum(more * (years - at) for at, more in bends if years > at)

    def _linear_of_one(self, x: Rows) -> float:
        linear = self._linear
        bent = np.maximum(x[linear.bent] - linear.knots, 0.0)
        straight, bends = float(x.dot(linear.terms)), float(bent.dot(linear.bends))
        return straight + bends + linear.intercept
