"""The champion: the estimate and all that it says beside it. One artifact."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from predictors.homes.ml.champion.cautions import AROUND, Covered, cautions, covered_by
from predictors.homes.ml.champion.columns import points_of, seen_of
from predictors.homes.ml.champion.comparables import comparables
from predictors.homes.ml.champion.compiled import CompiledChampion
from predictors.homes.ml.champion.contributions import contributions
from predictors.homes.ml.champion.core import Core
from predictors.homes.ml.champion.features import INPUTS
from predictors.homes.ml.champion.groups import LINEAR_GROUPS
from predictors.homes.ml.champion.intervals import IntervalModel, as_interval
from predictors.homes.ml.champion.sold import Sold
from predictors.homes.ml.explaining import Caution, ComparableSales, Contributions, Interval
from predictors.homes.ml.inputs import VALUATION_DATE

Rows = npt.NDArray[np.float64]
# Cautions about homes unlike all that the intervals were measured on.
UNMEASURED = frozenset({"outside-training-data", "far-from-any-sale", "zipcode-not-at-position"})
DAY, ZIPCODE = INPUTS.index(VALUATION_DATE), INPUTS.index("zipcode")


@dataclass(frozen=True, eq=False)
class Champion:
    core: Core
    interval_model: IntervalModel
    sold: Sold
    base: Rows
    """`(n_inputs,)`: a typical home, that contributions compare with."""

    @property
    def n_features_in_(self) -> int:
        return len(INPUTS)

    @property
    def feature_names_in_(self) -> tuple[str, ...]:
        return INPUTS

    def predict(self, inputs: pd.DataFrame) -> Rows:
        """`(n_homes, n_inputs)` in the order of INPUTS to `(n_homes,)`, USD."""
        return np.exp(self.core.expected(inputs)[0])

    def compiled(self) -> CompiledChampion:
        """The same answers, much faster."""
        return self._compiled

    @cached_property
    def _compiled(self) -> CompiledChampion:
        return CompiledChampion(self.core)

    def intervals(self, rows: Rows) -> tuple[Rows, Rows]:
        """Lower and upper bounds, each `(n_homes,)`, USD, for `(n_homes, n_inputs)`."""
        log_price, matrix = self._compiled.of_many(rows)
        half = self._half_width(rows, log_price, matrix)
        return np.exp(log_price - half), np.exp(log_price + half)

    def _half_width(self, rows: Rows, log_price: Rows, matrix: Rows) -> Rows:
        days_after = rows[:, DAY] - self.core.calendar.last
        return self.interval_model.half_width(
            self.core.linear, matrix, log_price, rows[:, ZIPCODE], days_after
        )

    # What it says beside an estimate: predictors.homes.ml.explaining.Explains.

    def interval(self, row: Rows) -> Interval:
        log_price, matrix = self._compiled.of_one(row[0])
        half = self._half_width(row, np.array([log_price]), matrix)
        level = self.interval_model.quantiles.level
        found = as_interval(float(np.exp(log_price)), float(half[0]), level)
        # Outside what it was measured on the width says little, and nobody should rely on it.
        is_outside = self._is_late(row) or bool(UNMEASURED & self._codes(row))
        return replace(found, confidence="low") if is_outside else found

    def _is_late(self, row: Rows) -> bool:
        return float(row[0, DAY]) > self.core.calendar.last + self.core.calendar.horizon

    def _codes(self, row: Rows) -> set[str]:
        # Asked for the day of the valuation itself: how old the model is today is another matter.
        today = date.fromordinal(int(self.core.calendar.last))
        return {caution.code for caution in self.warnings(row, today)}

    def comparables(self, row: Rows) -> ComparableSales:
        log_price, matrix = self._compiled.of_one(row[0])
        seen = self._seen(row)
        zipcode = row[:, ZIPCODE]
        terms = np.column_stack([seen[name] for name in self.core.linear.names])
        return comparables(
            self.sold,
            self.core.ensemble.trees,
            row=row[0],
            matrix=matrix,
            shares=self.core.linear.shares(terms, zipcode, LINEAR_GROUPS)[0],
            point=points_of(seen)[0],
            day=float(row[0, DAY]) or self.core.calendar.last,
            estimate=float(np.exp(log_price)),
        )

    def contributions(self, row: Rows) -> Contributions:
        estimate = float(self._compiled(row)[0])
        return contributions(row[0], estimate, self.base, self._compiled)

    def warnings(self, row: Rows, today: date) -> Sequence[Caution]:
        point = points_of(self._seen(row))[0]
        miles, sales = self.core.neighbourhood.tree.query(point, AROUND)
        return list(
            cautions(
                self._covered,
                miles,
                self.sold.inputs[sales, ZIPCODE],
                row=row[0],
                today=today,
                settings=self.core.parameters.warning,
            )
        )

    @cached_property
    def _covered(self) -> Covered:
        return covered_by(self.sold)

    def rehearse(self, rows: Rows) -> None:
        """Say all of it of the first few homes: at the gate. Raises whatever is wrong."""
        for place in range(min(len(rows), 3)):
            row = rows[place : place + 1]
            members = (self.interval(row), self.comparables(row), self.contributions(row))
            if not (members[0].lower <= members[0].upper and math.isfinite(members[2].base)):
                raise ValueError("what it says beside its estimate is no number")
            self.warnings(row, date.fromordinal(int(self.core.calendar.last)))

    def _seen(self, rows: Rows) -> dict[str, Rows]:
        return seen_of(dict(zip(INPUTS, rows.T, strict=True)), self.core.calendar)

    def __getstate__(self) -> dict[str, Any]:
        """Without what is made again from the rest."""
        return {name: value for name, value in vars(self).items() if not name.startswith("_")}
