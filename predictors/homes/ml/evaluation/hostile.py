"""Two checks that would betray a leak: the whole pipeline on data that cannot be learned from."""

from typing import Any

import numpy as np

from learning.metrics import regression_metrics
from learning.splits import Part
from predictors.homes.ml.evaluation.fitting import Bench

SEED = 99
MOST_R2 = 0.02
"""A model of shuffled prices that explains more than this has seen what it should not."""


def shuffled_target(bench: Bench, recipe: str, part: Part) -> dict[str, Any]:
    """Prices dealt out anew among all homes: nothing is left to learn, so R² may not exceed 0.

    Below 0 is no leak: a model that takes chance for a rule does worse than the mean.
    """
    prices = np.random.default_rng(SEED).permutation(bench.prices)
    other = bench.with_prices(prices)
    found = regression_metrics(prices[part[1]], other.answers(recipe, part).estimates)
    return {
        "n_test": len(part[1]),
        "r2": found["r2"],
        "mdape": found["mdape"],
        "limit": MOST_R2,
        "passed": found["r2"] <= MOST_R2,
    }


def other_test_prices(bench: Bench, recipe: str, part: Part) -> dict[str, Any]:
    """Test homes get other prices, up to a hundred times theirs: no estimate may change at all."""
    factors = np.random.default_rng(SEED).uniform(0.01, 100, len(part[1]))
    prices = bench.prices.copy()
    prices[part[1]] *= factors
    before, after = bench.answers(recipe, part), bench.with_prices(prices).answers(recipe, part)
    pairs = [(before.estimates, after.estimates)]
    if before.lower is not None and before.upper is not None:
        assert after.lower is not None and after.upper is not None
        pairs += [(before.lower, after.lower), (before.upper, after.upper)]
    changed = np.any([first != second for first, second in pairs], axis=0)
    return {
        "n_test": len(part[1]),
        "changed": int(changed.sum()),
        "largest_change": max(float(np.max(np.abs(first - second))) for first, second in pairs),
        "passed": not changed.any(),
    }
