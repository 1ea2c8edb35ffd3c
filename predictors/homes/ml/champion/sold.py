"""The sales that the champion learned from, as it sees them: for comparables and for warnings."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Sold:
    parcels: npt.NDArray[Any]
    """`(n_sales,)` text."""
    days: Rows
    """`(n_sales,)` ordinals."""
    prices: Rows
    """`(n_sales,)` USD."""
    inputs: Rows
    """`(n_sales, n_inputs)` in the order of INPUTS."""
    points: Rows
    """`(n_sales, 2)`: miles east and north."""
    matrix: npt.NDArray[np.float32]
    """`(n_sales, n_features)`: what the trees are given of them."""
    shares: Rows
    """`(n_sales, n_groups)`: the linear part of the log price, by group."""
    estimates: Rows
    """`(n_sales,)` USD, of each on the day of its sale, by a model that had not seen it."""
    tree_weights: Rows
    """`(n_trees,)`: how much each tree tells these sales apart; they add up to 1."""
