"""Two boosted models as one sum of trees.

One learns what the linear part leaves over, the other the price itself but for its trend. The first
is the better one; the second does not follow the linear part to where there are few homes. Their
mean is better than either (docs/experiments.md).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from learning.trees import ObliviousTrees

Rows = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Ensemble:
    """Log price = share × linear part + (1 - share) × (trend + level) + trees."""

    share: float
    level: float
    """Mean log price without its trend."""
    trees: ObliviousTrees

    def __call__(self, linear: Rows, trend: Rows, matrix: Rows) -> Rows:
        """`(n_homes,)`; `matrix` `(n_homes, n_features)`."""
        log_price: Rows = self.start(linear, trend) + self.trees(matrix)
        return log_price

    def start(self, linear: Rows, trend: Rows) -> Rows:
        return self.share * linear + (1 - self.share) * (trend + self.level)

    def of_one(self, linear: float, trend: float, matrix: Rows) -> float:
        start = self.share * linear + (1 - self.share) * (trend + self.level)
        return start + float(self.trees(matrix)[0])
