"""What makes the estimate: dollars by group of facts, beside a typical home.

Shapley values (1953) of the groups, with one home to compare with: the average, over all orders in
which the groups of that home could be exchanged for those of this one, of what an exchange changes.
No other division adds up, treats equals alike and gives nothing to what changes nothing.
"""

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from predictors.homes.ml.champion.features import facts_of
from predictors.homes.ml.champion.groups import PLACES
from predictors.homes.ml.explaining import Contributions

Rows = npt.NDArray[np.float64]


def contributions(
    row: Rows, estimate: float, base_row: Rows, predict: Callable[[Rows], Rows]
) -> Contributions:
    """`row` and `base_row` `(n_inputs,)`; `estimate` USD; `predict` takes `(n, n_inputs)`."""
    names = tuple(PLACES)
    chosen, weights = _coalitions(len(names))
    rows = np.repeat(base_row[None, :], len(chosen), axis=0)
    for group, name in enumerate(names):
        members = np.flatnonzero(chosen[:, group])
        for place in PLACES[name]:
            rows[members, place] = row[place]
    dollars = weights @ predict(rows)
    base = float(predict(base_row[None, :])[0])
    cents = _to_the_cent(dollars, round(estimate * 100) - round(base * 100))
    return Contributions(
        base=round(base * 100) / 100,
        base_home=facts_of(base_row),
        groups={name: cent / 100 for name, cent in zip(names, cents, strict=True)},
    )


@lru_cache
def _coalitions(groups: int) -> tuple[npt.NDArray[np.bool_], Rows]:
    """Which groups are this home's, `(2 ** groups, groups)`; weights `(groups, 2 ** groups)`."""
    numbers = np.arange(1 << groups)
    chosen = (numbers[:, None] >> np.arange(groups)) & 1 == 1
    size = chosen.sum(axis=1)
    weight = np.array(
        [
            math.factorial(n) * math.factorial(groups - n - 1) / math.factorial(groups)
            for n in range(groups)
        ]
    )
    with_it = weight[np.maximum(size - 1, 0)][:, None] * chosen
    without = weight[np.minimum(size, groups - 1)][:, None] * ~chosen
    return chosen, (with_it - without).T


def _to_the_cent(dollars: Rows, total: int) -> list[int]:
    """Whole cents that add up to `total`: the largest takes what rounding leaves."""
    cents = [round(value * 100) for value in dollars.tolist()]
    largest = max(range(len(cents)), key=lambda place: abs(cents[place]))
    cents[largest] += total - sum(cents)
    return cents
