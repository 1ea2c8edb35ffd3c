"""Shapley values: dollars by group of facts."""

import numpy as np
import numpy.typing as npt
import pytest

from predictors.homes.ml.champion.contributions import contributions
from predictors.homes.ml.champion.features import INPUTS
from predictors.homes.ml.champion.groups import PLACES

Rows = npt.NDArray[np.float64]
BASE = np.zeros(len(INPUTS))
BASE[INPUTS.index("zipcode")] = 98001.0
ROW = BASE + 1.0


def test_it_works() -> None:
    """Of a sum each group has its own part, and what changes nothing has nothing."""
    weights = np.arange(len(INPUTS)) * 10.0
    weights[PLACES["date"]] = 0.0

    def predict(rows: Rows) -> Rows:
        answer: Rows = 1000.0 + (rows - BASE) @ weights
        return answer

    found = contributions(ROW, float(predict(ROW[None])[0]), BASE, predict)
    assert found.base == 1000.0
    for group in PLACES:
        assert found.groups[group] == pytest.approx(weights[PLACES[group]].sum(), abs=0.005)
    assert found.groups["date"] == 0.0


def test_what_two_groups_do_together_is_shared_between_them() -> None:
    grade, lot = INPUTS.index("grade"), INPUTS.index("sqft_lot")

    def predict(rows: Rows) -> Rows:
        answer: Rows = 100.0 * rows[:, grade] * rows[:, lot]
        return answer

    found = contributions(ROW, 100.0, BASE, predict).groups
    assert (found["quality"], found["lot"]) == (50.0, 50.0)
    assert sum(found.values()) == 100.0


def test_cents_that_rounding_leaves_go_to_the_largest() -> None:
    def predict(rows: Rows) -> Rows:
        answer: Rows = (rows - BASE).sum(axis=1) / 3.0
        return answer

    found = contributions(ROW, len(INPUTS) / 3.0, BASE, predict)
    assert round(sum(found.groups.values()), 2) == round(len(INPUTS) / 3.0, 2)
