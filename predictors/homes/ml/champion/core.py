"""What gives the estimate: a linear part, what is around the home, and trees over both.

log price = linear part, drawn to the mean + trees(features, neighbourhood, linear part)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from predictors.homes.ml.champion.columns import (
    Calendar,
    likeness_of,
    points_of,
    seen_of,
    tree_matrix,
)
from predictors.homes.ml.champion.ensemble import Ensemble
from predictors.homes.ml.champion.features import YEARS
from predictors.homes.ml.champion.linear import LinearPart
from predictors.homes.ml.champion.neighbourhood import Neighbourhood
from predictors.homes.ml.champion.parameters import Parameters

Rows = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Core:
    parameters: Parameters
    calendar: Calendar
    linear: LinearPart
    neighbourhood: Neighbourhood
    ensemble: Ensemble

    def expected(self, home: Mapping[str, Any] | pd.DataFrame) -> tuple[Rows, Rows]:
        """Log prices `(n_homes,)` and what the trees were given `(n_homes, n_features)`.

        `home`: the model's inputs by name, columns `(n_homes,)`.
        """
        seen = seen_of(home, self.calendar)
        linear = self.linear(seen, np.asarray(home["zipcode"], dtype=np.float64))
        trend = self.linear.trend(seen[YEARS])
        around = self.neighbourhood(points_of(seen), likeness_of(seen, self.parameters))
        matrix = tree_matrix(seen, around, linear - trend)
        return self.ensemble(linear, trend, matrix), matrix
