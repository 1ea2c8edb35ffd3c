"""How sure a figure is: the bootstrap (Efron 1979), percentile intervals.

The rows of a test part are drawn anew, with replacement, and the figures computed again. That says
how much they hang on which homes happened to be in that part, and nothing about another town or
another year.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
Statistics = Callable[..., Mapping[str, float]]
"""Takes arrays `(n_rows,)` of equal length, gives figures by name."""

DRAWS = 1_000
LEVEL = 0.95
SEED = 20_140_502


def bootstrap(
    statistics: Statistics, *columns: Values, draws: int = DRAWS, seed: int = SEED
) -> dict[str, list[float]]:
    """The 95 % interval of every figure, `[lower, upper]`, in the figure's own unit.

    All `columns` `(n_rows,)` are drawn together: what belongs to one row stays together.
    """
    random = np.random.default_rng(seed)
    n_rows = len(columns[0])
    drawn: dict[str, list[float]] = {}
    for _ in range(draws):
        rows = random.integers(0, n_rows, n_rows)
        for name, value in statistics(*(column[rows] for column in columns)).items():
            drawn.setdefault(name, []).append(value)
    return {name: _interval(values) for name, values in drawn.items()}


def paired_bootstrap(
    statistics: Statistics,
    actual: Values,
    ours: Values,
    theirs: Values,
    *,
    draws: int = DRAWS,
    seed: int = SEED,
) -> dict[str, dict[str, Any]]:
    """Ours minus theirs on the same rows `(n_rows,)`: the difference and its 95 % interval.

    Both are measured on the same draw, so that what makes a home hard for both cancels out.
    `decided`: the interval does not hold 0.
    """

    def difference(actual: Values, ours: Values, theirs: Values) -> dict[str, float]:
        mine, other = statistics(actual, ours), statistics(actual, theirs)
        return {name: mine[name] - other[name] for name in mine}

    intervals = bootstrap(difference, actual, ours, theirs, draws=draws, seed=seed)
    return {
        name: {
            "difference": value,
            "interval": intervals[name],
            "decided": not intervals[name][0] <= 0 <= intervals[name][1],
        }
        for name, value in difference(actual, ours, theirs).items()
    }


def _interval(values: list[float]) -> list[float]:
    """NaN where a draw was too uniform for the figure to exist is left out."""
    tail = 100 * (1 - LEVEL) / 2
    lower, upper = np.nanpercentile(values, [tail, 100 - tail])
    return [float(lower), float(upper)]
