"""Beside the active version: its recipe on the same parts, home by home."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from learning.metrics import valuation_metrics
from learning.resampling import paired_bootstrap
from learning.splits import Part
from predictors.homes.ml.evaluation.accuracy import pool
from predictors.homes.ml.evaluation.fitting import Bench

Rows = npt.NDArray[np.float64]


def compare(
    bench: Bench, recipe: str, rival: str, splits: Mapping[str, tuple[Part, ...]]
) -> dict[str, Any]:
    """By split: both recipes, and ours minus theirs with the paired bootstrap's 95 % interval."""
    return {name: _compare(bench, recipe, rival, parts) for name, parts in splits.items()}


def _compare(bench: Bench, recipe: str, rival: str, parts: tuple[Part, ...]) -> dict[str, Any]:
    ours = pool([bench.answers(recipe, part) for part in parts])
    theirs = pool([bench.answers(rival, part) for part in parts])
    actual = bench.prices[ours.test]
    off = np.abs(ours.estimates - actual), np.abs(theirs.estimates - actual)
    return {
        "n_test": len(actual),
        "ours": _compared(actual, ours.estimates),
        "theirs": _compared(actual, theirs.estimates),
        "differences": paired_bootstrap(_compared, actual, ours.estimates, theirs.estimates),
        "nearer": 100 * float(np.mean(off[0] < off[1])),
    }


def _compared(actual: Rows, predicted: Rows) -> dict[str, float]:
    found = valuation_metrics(actual, predicted)
    return {name: found[name] for name in ("r2", "mae", "mdape", "within_10")}
