"""The splits: how well the recipe values homes whose price it did not know."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from learning.metrics import valuation_metrics
from learning.resampling import bootstrap
from learning.splits import Part
from predictors.homes.ml.evaluation.baselines import baselines
from predictors.homes.ml.evaluation.coverage import coverage
from predictors.homes.ml.evaluation.fitting import Answers, Bench

Rows = npt.NDArray[np.float64]


def measure(bench: Bench, recipe: str, parts: Sequence[Part]) -> dict[str, Any]:
    """One split or several folds: all test parts together, each home once, USD and %.

    `train` is on the homes that the fits had learned from: what is better there is learned by
    heart. Of folds the mean and the standard deviation over them stand beside.
    """
    fits = [bench.answers(recipe, part) for part in parts]
    pooled = pool(fits)
    actual = bench.prices[pooled.test]
    found: dict[str, Any] = {
        "n_train": round(float(np.mean([len(part[0]) for part in parts]))),
        "n_test": len(actual),
        "model": valuation_metrics(actual, pooled.estimates),
        "interval": bootstrap(valuation_metrics, actual, pooled.estimates),
        "train": valuation_metrics(bench.prices[pooled.train], pooled.train_estimates),
        "baselines": _baselines(bench, recipe, parts, actual),
    }
    if len(fits) > 1:
        found["by_fold"] = spread(
            [valuation_metrics(bench.prices[fit.test], fit.estimates) for fit in fits]
        )
    if pooled.lower is not None and pooled.upper is not None:
        zipcodes = bench.sales["zipcode"].to_numpy()[pooled.test]
        found["coverage"] = coverage(
            actual, pooled.estimates, pooled.lower, pooled.upper, zipcodes=zipcodes
        )
    return found


def pool(fits: Sequence[Answers]) -> Answers:
    """The answers of several fits one after the other."""

    def joined(name: str) -> Any:
        arrays = [getattr(fit, name) for fit in fits]
        return None if arrays[0] is None else np.concatenate(arrays)

    return Answers(**{name: joined(name) for name in Answers.__slots__})


def spread(measured: Sequence[Mapping[str, float]]) -> dict[str, dict[str, Any]]:
    """Mean, standard deviation (of a sample) and the values themselves, by figure."""
    return {
        name: {
            "mean": float(np.mean([one[name] for one in measured])),
            "sd": float(np.std([one[name] for one in measured], ddof=1)),
            "values": [one[name] for one in measured],
        }
        for name in measured[0]
    }


def _baselines(
    bench: Bench, recipe: str, parts: Sequence[Part], actual: Rows
) -> dict[str, dict[str, float]]:
    by_part = [baselines(bench, part, recipe) for part in parts]
    return {
        name: valuation_metrics(actual, np.concatenate([found[name] for found in by_part]))
        for name in by_part[0]
    }
