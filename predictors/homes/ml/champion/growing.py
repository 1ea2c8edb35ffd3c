"""Trees, grown by CatBoost and kept as arrays."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt

from learning import threads
from learning.trees import ObliviousTrees, from_catboost, weighted_sum
from predictors.homes.ml.champion.data import Told
from predictors.homes.ml.champion.ensemble import Ensemble
from predictors.homes.ml.champion.parameters import Boosting, IntervalParameters

Rows = npt.NDArray[np.float64]
LARGEST_DIFFERENCE = 1e-9


def grow_ensemble(told: Told, prices: Rows, settings: Boosting, seeds: Sequence[int]) -> Ensemble:
    """For sales at `prices` `(n_sales,)`, USD; the mean over the seeds."""
    target = np.log(prices)
    timeless = target - told.trend
    level = float(timeless.mean())
    # An error of a tenth costs more dollars on a dear home.
    weights = (prices / prices.mean()) ** settings.weight_by_price
    share = settings.share_of_left_over
    kinds = ((share, target - told.linear), (1 - share, timeless - level))
    jobs = [(part / len(seeds), aim, seed) for seed in seeds for part, aim in kinds]
    # Beside each other, each in one thread: on 20,000 sales that is quicker than one in two.
    with ThreadPoolExecutor(threads.allowed()) as pool:
        grown = pool.map(
            lambda job: _grow_one(told.matrix, job[1], weights, settings, job[2]), jobs
        )
        trees = weighted_sum([(job[0], trees) for job, trees in zip(jobs, grown, strict=True)])
    return Ensemble(share, level, trees)


def _grow_one(
    matrix: Rows, target: Rows, weights: Rows, settings: Boosting, seed: int
) -> ObliviousTrees:
    return _grow(
        matrix,
        target,
        weights,
        iterations=min(settings.iterations, len(target) // settings.sales_per_tree),
        learning_rate=settings.learning_rate,
        depth=settings.depth,
        l2_leaf_reg=settings.l2_leaf_reg,
        bootstrap_type="Bernoulli",
        subsample=settings.subsample,
        rsm=settings.rsm,
        border_count=settings.border_count,
        loss_function=f"Huber:delta={settings.huber_delta}",
        random_seed=seed,
    )


def grow_sizes(seen: Rows, size: Rows, settings: IntervalParameters, seed: int) -> ObliviousTrees:
    """For the log of the size of errors `(n_sales,)`."""
    return _grow(
        seen,
        size,
        None,
        iterations=settings.sizes_iterations,
        learning_rate=settings.sizes_learning_rate,
        depth=settings.sizes_depth,
        l2_leaf_reg=settings.sizes_l2_leaf_reg,
        rsm=settings.sizes_rsm,
        loss_function="RMSE",
        random_seed=seed,
    )


def _grow(matrix: Rows, target: Rows, weights: Rows | None, **settings: Any) -> ObliviousTrees:
    # By name, when it is needed: a process that answers requests does without these 24 MB.
    catboost = import_module("catboost")
    model = catboost.CatBoostRegressor(
        **settings, thread_count=1, allow_writing_files=False, verbose=False
    ).fit(matrix, target, sample_weight=weights)
    trees = from_catboost(model)
    difference = float(np.abs(trees(matrix) - model.predict(matrix)).max())
    if difference > LARGEST_DIFFERENCE:
        raise ArithmeticError(f"the arrays differ from CatBoost's own answers by {difference}")
    return trees
