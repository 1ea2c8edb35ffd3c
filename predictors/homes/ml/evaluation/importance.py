"""Which inputs matter: how much worse the estimates get when an input is shuffled among homes.

Permutation importance (Breiman 2001) on the test part of the random split: the model stays as it
is. Inputs that tell the same story share their importance, so groups say more than single inputs.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from learning.metrics import regression_metrics
from learning.splits import Part
from predictors.homes.ml.evaluation.fitting import Bench
from predictors.homes.ml.explaining import Explains
from predictors.homes.ml.groups import GROUPS
from predictors.homes.ml.recipes import RECIPES, HomeModel

ROWS = 2_000
REPEATS = 3
EXPLAINED = 200
SEED = 17


def importance(bench: Bench, recipe: str, part: Part) -> dict[str, Any]:
    """R² and MdAPE (percentage points) lost per input and per group, the greatest first."""
    places = part[1][:ROWS]
    model = bench.model(recipe, part)
    inputs = bench.inputs(RECIPES[recipe], places)
    actual = bench.prices[places]
    whole = regression_metrics(actual, model.predict(inputs))
    present = {
        name: [column for column in columns if column in inputs] for name, columns in GROUPS.items()
    }
    return {
        "n": len(places),
        "repeats": REPEATS,
        "groups": _ranked(
            model, inputs, actual, whole, {name: held for name, held in present.items() if held}
        ),
        "inputs": _ranked(
            model, inputs, actual, whole, {column: [column] for column in inputs.columns}
        ),
        "contributions": _contributions(model, inputs),
    }


def _contributions(model: HomeModel, inputs: pd.DataFrame) -> dict[str, Any]:
    """By group, how much of an estimate it makes up or down: the mean of its size, in %.

    As the model itself says beside an estimate; empty if it does not.
    """
    if not isinstance(model, Explains):
        return {}
    rows = inputs.to_numpy(dtype=np.float64)[:EXPLAINED]
    estimates = model.predict(inputs.iloc[:EXPLAINED])
    said = pd.DataFrame([dict(model.contributions(row[None, :]).groups) for row in rows])
    sizes = 100 * said.abs().div(estimates, axis=0).mean()
    return {"n": len(rows), "groups": {str(name): float(size) for name, size in sizes.items()}}


def _ranked(
    model: HomeModel,
    inputs: pd.DataFrame,
    actual: Any,
    whole: Mapping[str, float],
    groups: Mapping[str, list[str]],
) -> list[dict[str, Any]]:
    random = np.random.default_rng(SEED)
    found = []
    for name, columns in groups.items():
        lost = [_lost(model, inputs, actual, whole, columns, random) for _ in range(REPEATS)]
        mean, deviation = np.mean(lost, axis=0), np.std(lost, axis=0, ddof=1)
        found.append(
            {
                "name": name,
                "inputs": len(columns),
                "r2_lost": float(mean[0]),
                "r2_lost_sd": float(deviation[0]),
                "mdape_lost": float(mean[1]),
                "mdape_lost_sd": float(deviation[1]),
            }
        )
    return sorted(found, key=lambda one: -one["mdape_lost"])


def _lost(
    model: HomeModel,
    inputs: pd.DataFrame,
    actual: Any,
    whole: Mapping[str, float],
    columns: list[str],
    random: np.random.Generator,
) -> tuple[float, float]:
    """The columns of a group are shuffled together: each home gets another home's location."""
    shuffled = inputs.copy()
    shuffled[columns] = inputs[columns].to_numpy()[random.permutation(len(inputs))]
    worse = regression_metrics(actual, model.predict(shuffled))
    return whole["r2"] - worse["r2"], worse["mdape"] - whole["mdape"]
