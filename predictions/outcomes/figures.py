"""How far off predictions were: figures of mass appraisal and of AVM vendors.

A figure is None where there are too few outcomes to tell it, or where it is no number.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from learning.metrics import valuation_metrics
from learning.ratio_study import LEAST_SALES, ratio_statistics

LEAST = 5
"""Of fewer outcomes no errors are told, nor of fewer intervals how many held."""
PROMISED = 90.0
"""The share of outcomes that an interval is to hold, %."""
ERRORS = (
    "mdape",
    "within_5",
    "within_10",
    "within_20",
    "median_error",
    "mean_error",
    "mean_ratio",
    "naive_mdape",
)
RATIOS = ("median_ratio", "cod", "prd")

Values = npt.NDArray[np.float64]
Figures = dict[str, float | None]


def figures(outcomes: pd.DataFrame) -> dict[str, Any]:
    """Of `(n_outcomes, …)` with `prediction`, `actual`, `lower`, `upper` and an ordered `date`."""
    columns = ("actual", "prediction", "lower", "upper")
    actual, predicted, lower, upper = (outcomes[name].to_numpy() for name in columns)
    count = len(outcomes)
    return {
        "n": count,
        "first_date": str(outcomes["date"].min()) if count else None,
        "last_date": str(outcomes["date"].max()) if count else None,
        **_told(ERRORS, errors(actual, predicted) if count >= LEAST else {}),
        **_told(RATIOS, ratio_statistics(actual, predicted) if count >= LEAST_SALES else {}),
        "interval": coverage(actual, lower, upper),
    }


def errors(actual: Values, predicted: Values) -> dict[str, float]:
    """Of two arrays `(n_rows,)`: in %, but `mean_ratio`, which is prediction over actual.

    An error is (predicted - actual) / actual: above 0 the predictions were too high.
    `naive_mdape` is of who says the median of these very outcomes for each of them, which nobody
    could know beforehand: a model that is not better has told nothing.
    """
    off = (predicted - actual) / actual
    return valuation_metrics(actual, predicted) | {
        "median_error": float(100 * np.median(off)),
        "mean_error": float(100 * np.mean(off)),
        "mean_ratio": float(np.mean(predicted / actual)),
        "naive_mdape": float(100 * np.median(np.abs(np.median(actual) - actual) / actual)),
    }


def coverage(actual: Values, lower: Values, upper: Values) -> dict[str, Any]:
    """How many had an interval, and the share of them that lay in it, %; NaN: it had none."""
    known = ~np.isnan(lower)
    inside = (lower[known] <= actual[known]) & (actual[known] <= upper[known])
    share = float(100 * np.mean(inside)) if len(inside) >= LEAST else None
    return {"n": len(inside), "promised": PROMISED, "coverage": share}


def _told(names: tuple[str, ...], found: Mapping[str, float]) -> Figures:
    return {
        name: found[name] if name in found and math.isfinite(found[name]) else None
        for name in names
    }
