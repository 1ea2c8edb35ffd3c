"""The training data by columns, and the two parts before the trees fitted on any of it."""

from collections.abc import Iterator
from dataclasses import dataclass

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
from predictors.homes.ml.champion.features import INPUTS, YEARS
from predictors.homes.ml.champion.linear import LinearPart, fit_linear
from predictors.homes.ml.champion.neighbourhood import Neighbourhood
from predictors.homes.ml.champion.parameters import Parameters
from predictors.homes.ml.inputs import VALUATION_DATE, inputs_of

Rows = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """What stands before the trees, of each sale."""

    linear: Rows
    """`(n_sales,)` log price."""
    trend: Rows
    """`(n_sales,)`: the part of it that is the time's."""
    matrix: Rows
    """`(n_sales, n_features)`: what the trees are given."""

    def only(self, places: Places) -> "Told":
        return Told(self.linear[places], self.trend[places], self.matrix[places])


class TrainingData:
    """Sales by columns, all `(n_sales, …)` in their order."""

    def __init__(
        self,
        sales: pd.DataFrame,
        demographics: pd.DataFrame,
        parameters: Parameters,
        calendar: Calendar | None = None,
    ) -> None:
        self._sources = sales, demographics
        self.parameters = parameters
        self.inputs = inputs_of(sales, demographics, INPUTS)
        self.days = self.inputs[VALUATION_DATE].to_numpy()
        self.calendar = calendar or Calendar(
            float(self.days.min()), float(self.days.max()), parameters.linear.trend_horizon_days
        )
        self.parcels = sales["parcel"].to_numpy()
        self.prices = sales["price"].to_numpy(dtype=np.float64)
        self.target = np.log(self.prices)
        self.seen = seen_of(self.inputs, self.calendar)
        self.zipcodes = self.inputs["zipcode"].to_numpy()
        self.points = points_of(self.seen)
        self.likeness = likeness_of(self.seen, parameters)

    @property
    def all(self) -> Places:
        return np.arange(len(self.target))

    def sorted_by_day(self) -> Places:
        order: Places = np.argsort(self.days, kind="stable")
        return order

    def only(self, places: Places, calendar: Calendar) -> "TrainingData":
        """Some of the sales, as one sees them who knows the days of `calendar`."""
        sales, demographics = self._sources
        return TrainingData(sales.iloc[places], demographics, self.parameters, calendar)

    def fit(self, places: Places) -> tuple[LinearPart, Neighbourhood]:
        seen = {name: column[places] for name, column in self.seen.items()}
        target, zipcodes = self.target[places], self.zipcodes[places]
        settings = self.parameters.linear
        knots = self.calendar.knots(settings.trend_recent_days, settings.trend_step_days)
        linear = fit_linear(seen, zipcodes, target, settings, knots)
        neighbourhood = Neighbourhood(
            points=self.points[places],
            likeness=self.likeness[places],
            left_over=target - linear(seen, zipcodes),
            settings=self.parameters.neighbourhood,
        )
        return linear, neighbourhood

    def as_told_by(self, linear: LinearPart, neighbourhood: Neighbourhood) -> Told:
        around = neighbourhood(self.points, self.likeness)
        expected, trend = linear(self.seen, self.zipcodes), linear.trend(self.seen[YEARS])
        return Told(expected, trend, tree_matrix(self.seen, around, expected - trend))

    def parts(self, count: int, seed: int) -> Iterator[tuple[Places, Places]]:
        """Sales of one parcel stand in one part: a resale must not tell of itself."""
        # Not at the top: who only asks need not wait for it.
        from sklearn.model_selection import GroupKFold

        cut = GroupKFold(count, shuffle=True, random_state=seed)
        yield from cut.split(self.target, groups=self.parcels)

    def out_of_part(self, seed: int) -> Told:
        """As `as_told_by`, each sale by the sales of the other parts."""
        expected, trend = np.empty(len(self.target)), np.empty(len(self.target))
        around: Rows | None = None
        for others, places in self.parts(self.parameters.boosting.parts, seed):
            linear, neighbourhood = self.fit(others)
            seen = {name: column[places] for name, column in self.seen.items()}
            expected[places] = linear(seen, self.zipcodes[places])
            trend[places] = linear.trend(seen[YEARS])
            found = neighbourhood(self.points[places], self.likeness[places])
            around = np.empty((len(trend), found.shape[1])) if around is None else around
            around[places] = found
        assert around is not None
        return Told(expected, trend, tree_matrix(self.seen, around, expected - trend))
