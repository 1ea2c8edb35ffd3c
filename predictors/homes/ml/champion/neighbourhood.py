"""What the sales around a home say of its place: how far they went beyond the linear part."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree  # type: ignore[import-untyped]

from predictors.homes.ml.champion.parameters import Neighbourhood as Settings

Rows = npt.NDArray[np.float64]

# Sales that are not there at all would weigh so much; keeps a sum of weights from being 0.
LEAST_WEIGHT = 1e-9
CHUNK = 512


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """Sales with what the linear part left over of their log price, averaged by kernels."""

    points: Rows
    """`(n_sales, 2)`: miles east and north."""
    likeness: Rows
    """`(n_sales, 4)`, scaled: differences add up to unlikeness."""
    left_over: Rows
    """`(n_sales,)`, log price."""
    settings: Settings

    @cached_property
    def tree(self) -> cKDTree:
        return cKDTree(self.points)

    @cached_property
    def _rates(self) -> tuple[Rows, Rows, Rows]:
        per_mile = 1.0 / np.array(self.settings.miles)
        return per_mile, np.array(self.settings.unlikeness), np.array(self.settings.shrink)

    def __call__(self, points: Rows, likeness: Rows) -> Rows:
        """`(n_homes, 2)` and `(n_homes, 4)` to `(n_homes, len(names(settings)))`."""
        found = np.empty((len(points), len(names(self.settings))))
        for start in range(0, len(points), CHUNK):
            part = slice(start, start + CHUNK)
            found[part] = self._around(points[part], likeness[part])
        return found

    def _around(self, points: Rows, likeness: Rows) -> Rows:
        count = min(self.settings.neighbours, len(self.points))
        miles, sales = self.tree.query(points, np.arange(1, count + 1))
        apart = self.likeness[sales] - likeness[:, None, :]
        return self._averages(miles, np.sqrt((apart * apart).sum(axis=-1)), self.left_over[sales])

    def _averages(self, miles: Rows, unlike: Rows, left_over: Rows) -> Rows:
        """All `(n_homes, n_neighbours)`, the nearest first."""
        per_mile, per_unlike, shrink = self._rates
        weights = (
            np.exp(
                -(miles[:, None, :] * per_mile[:, None] + unlike[:, None, :] * per_unlike[:, None])
            )
            + LEAST_WEIGHT
        )
        total = weights.sum(axis=-1)
        means = (weights * left_over[:, None, :]).sum(axis=-1) / (total + shrink)
        tenth = miles[:, min(9, miles.shape[1] - 1)]
        middle = np.sort(left_over, axis=1)[:, left_over.shape[1] // 2]
        return np.column_stack(
            [means, total[:, per_unlike > 0], middle, tenth, left_over.std(axis=1)]
        )

    def of_one(self, east: float, north: float, likeness: Rows) -> Rows:
        """As a call, of one home, `(4,)` to `(n_features,)`; here calls of numpy are what costs."""
        count = min(self.settings.neighbours, len(self.points))
        miles, sales = self.tree.query((east, north), count)
        apart = self.likeness[sales] - likeness
        unlike = np.sqrt(np.add.reduce(apart * apart, axis=1))
        per_mile, per_unlike, shrink = self._rates
        left_over = self.left_over[sales]
        weights = np.exp(-(miles * per_mile[:, None] + unlike * per_unlike[:, None])) + LEAST_WEIGHT
        total = np.add.reduce(weights, axis=1)
        kernels = len(total)
        found = np.empty(len(names(self.settings)))
        found[:kernels] = (weights @ left_over) / (total + shrink)
        unlike_kernels = total[self._by_unlikeness]
        found[kernels : kernels + len(unlike_kernels)] = unlike_kernels
        found[-3] = np.sort(left_over)[count // 2]
        found[-2] = miles[min(9, count - 1)]
        mean = np.add.reduce(left_over) / count
        found[-1] = np.sqrt(np.add.reduce((left_over - mean) ** 2) / count)
        return found

    @cached_property
    def _by_unlikeness(self) -> npt.NDArray[np.bool_]:
        return np.array(self.settings.unlikeness) > 0

    def __getstate__(self) -> dict[str, Any]:
        """Without what is made again from the rest."""
        return {name: vars(self)[name] for name in ("points", "likeness", "left_over", "settings")}


def names(settings: Settings) -> tuple[str, ...]:
    """Of the features, in order."""
    kernels = range(len(settings.miles))
    return (
        *(f"around_{kernel}" for kernel in kernels),
        *(f"alike_{kernel}" for kernel in kernels if settings.unlikeness[kernel] > 0),
        "around_median",
        "miles_to_tenth_sale",
        "around_spread",
    )
