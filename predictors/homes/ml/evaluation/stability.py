"""Whether more sales would help, and whether chance in the training matters."""

from typing import Any

import numpy as np

from learning.metrics import valuation_metrics
from learning.splits import Part
from predictors.homes.ml.evaluation.accuracy import spread
from predictors.homes.ml.evaluation.fitting import Bench

SHARES = (0.125, 0.25, 0.5, 1.0)
SEEDS = (0, 1, 2, 3, 4)


def learning_curve(bench: Bench, recipe: str, part: Part) -> list[dict[str, Any]]:
    """The same test part, ever more of the training part; its order is random already."""
    train, test = part
    found = []
    for share in SHARES:
        fewer = train[: max(1, round(share * len(train)))] if share < 1 else train
        answers = bench.answers(recipe, (fewer, test))
        found.append(
            {
                "share": share,
                "n_train": len(fewer),
                "n_test": len(test),
                "test": valuation_metrics(bench.prices[test], answers.estimates),
                "train": valuation_metrics(bench.prices[fewer], answers.train_estimates),
            }
        )
    return found


def seeds(bench: Bench, recipe: str, part: Part) -> dict[str, Any]:
    """The same split, five seeds of the training: what differs is chance, not knowledge.

    `between` is the median over the test homes of the spread of their five estimates
    (standard deviation over mean, %).
    """
    answers = [bench.answers(recipe, part, seed) for seed in SEEDS]
    actual = bench.prices[part[1]]
    estimates = np.stack([answer.estimates for answer in answers])
    between = estimates.std(axis=0, ddof=1) / estimates.mean(axis=0)
    return {
        "seeds": list(SEEDS),
        "n_test": len(actual),
        "metrics": spread([valuation_metrics(actual, one) for one in estimates]),
        "between": 100 * float(np.median(between)),
    }
