"""Recipes fitted on parts of the sales, and what they answer for the rest."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from learning.splits import Part, Places
from predictors.homes.ml.inputs import inputs_of
from predictors.homes.ml.recipes import RECIPES, GivesIntervals, HomeModel, Recipe

Rows = npt.NDArray[np.float64]
Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Answers:
    """Of one fit, for the homes it was tested on and for those it learned from. USD."""

    test: Places
    """`(n_test,)`: where the homes stand in the table."""
    estimates: Rows
    """`(n_test,)`."""
    lower: Rows | None
    """`(n_test,)`: of the 90 % interval; None: the recipe gives none."""
    upper: Rows | None
    train: Places
    train_estimates: Rows
    """`(n_train,)`: of homes whose price the model knew."""


class Bench:
    """The sales and the fits made of them: no fit is made twice.

    Models are forgotten, their answers are kept; only the last model of a recipe is at hand.
    """

    def __init__(
        self, sales: pd.DataFrame, demographics: pd.DataFrame, report: Report = lambda line: None
    ) -> None:
        self.sales = sales.reset_index(drop=True)
        self.demographics = demographics
        self.prices: Rows = self.sales["price"].to_numpy(dtype=np.float64)
        self._report = report
        self._answers: dict[str, Answers] = {}
        self._last: dict[str, tuple[str, HomeModel]] = {}

    def with_prices(self, prices: Rows) -> "Bench":
        """The same homes at other prices `(n_sales,)`, with nothing fitted yet."""
        return Bench(self.sales.assign(price=prices), self.demographics, self._report)

    def answers(self, recipe: str, part: Part, seed: int = 0) -> Answers:
        """Fitted on the first of the part, asked for both."""
        key = _key(recipe, part, seed)
        if key not in self._answers:
            train, test = part
            model = self.model(recipe, part, seed)
            lower, upper = self._intervals(RECIPES[recipe], model, test)
            self._answers[key] = Answers(
                test=test,
                estimates=self._estimates(RECIPES[recipe], model, test),
                lower=lower,
                upper=upper,
                train=train,
                train_estimates=self._estimates(RECIPES[recipe], model, train),
            )
        return self._answers[key]

    def model(self, recipe: str, part: Part, seed: int = 0) -> HomeModel:
        """The model itself; fitted anew unless it is the recipe's last one."""
        key = _key(recipe, part, seed)
        if recipe not in self._last or self._last[recipe][0] != key:
            train, _ = part
            self._report(f"fitting {recipe} on {len(train):,} sales, seed {seed}")
            chosen = RECIPES[recipe]
            model = chosen.fit(self.sales.iloc[train], self.demographics, seed)
            self._last[recipe] = (key, model)
        return self._last[recipe][1]

    def inputs(self, recipe: Recipe, places: Places) -> pd.DataFrame:
        """`(n, n_features)`: each home as of its own day of sale."""
        return inputs_of(self.sales.iloc[places], self.demographics, recipe.feature_names)

    def _estimates(self, recipe: Recipe, model: HomeModel, places: Places) -> Rows:
        return np.asarray(model.predict(self.inputs(recipe, places)), dtype=np.float64)

    def _intervals(
        self, recipe: Recipe, model: HomeModel, places: Places
    ) -> tuple[Rows, Rows] | tuple[None, None]:
        if not isinstance(model, GivesIntervals):
            return None, None
        return model.intervals(self.inputs(recipe, places).to_numpy(dtype=np.float64))


def _key(recipe: str, part: Part, seed: int) -> str:
    digest = hashlib.sha256(part[0].tobytes())
    digest.update(b"|" + part[1].tobytes())
    return f"{recipe} {seed} {digest.hexdigest()}"
