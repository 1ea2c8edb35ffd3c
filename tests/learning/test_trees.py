"""Oblivious trees as arrays, beside the library that grew them."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from catboost import CatBoostRegressor

from learning.trees import ObliviousTrees, from_catboost, weighted_sum

random = np.random.default_rng(1)
ROWS = random.normal(size=(700, 5)).round(2)
TARGET = ROWS[:, 0] + np.abs(ROWS[:, 1]) + random.normal(size=700) * 0.1


def grown(depth: int, target: npt.NDArray[np.float64]) -> tuple[Any, ObliviousTrees]:
    model = CatBoostRegressor(
        iterations=30,
        depth=depth,
        border_count=30,
        verbose=False,
        allow_writing_files=False,
        thread_count=1,
    ).fit(ROWS, target)
    return model, from_catboost(model)


@pytest.mark.parametrize("depth", [1, 4, 6])
def test_it_works(depth: int) -> None:
    model, trees = grown(depth, TARGET)
    np.testing.assert_allclose(trees(ROWS), model.predict(ROWS), rtol=0, atol=1e-12)


def test_one_row_and_many_fall_into_the_same_leaves_also_on_a_border() -> None:
    _, trees = grown(6, TARGET)
    borders = trees.borders[np.isfinite(trees.borders)].astype(np.float64)
    rows = np.resize(borders, (600, 5))
    alone = np.concatenate([trees(rows[place : place + 1]) for place in range(len(rows))])
    np.testing.assert_allclose(trees(rows), alone, rtol=0, atol=1e-12)


def test_a_weighted_sum_is_one_of_trees_of_any_depth() -> None:
    _, deep = grown(6, TARGET)
    _, flat = grown(2, -TARGET)
    both = weighted_sum(((0.7, deep), (0.3, flat)))
    expected = 0.7 * deep(ROWS) + 0.3 * flat(ROWS)
    np.testing.assert_allclose(both(ROWS), expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(both(ROWS[:1]), expected[:1], rtol=0, atol=1e-12)


def test_leaves_have_a_row_for_each_home_and_spread_one_for_each_tree() -> None:
    _, trees = grown(4, TARGET)
    leaves = trees.leaves(ROWS.astype(np.float32))
    assert leaves.shape == (700, 30)
    values = trees.values[np.arange(30), leaves]
    np.testing.assert_allclose(values.sum(axis=1) + trees.bias, trees(ROWS), atol=1e-12)
    np.testing.assert_allclose(trees.spread(ROWS.astype(np.float32)), values.std(axis=0))
