"""Oblivious trees as plain arrays: every node of one depth asks the same question.

So the leaf of a row is a number whose bits are the answers, and a thousand trees are a few array
operations: 30 µs for one row, where the library that grew them takes 100.
"""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.float64]
# Rows at a time in a batch: the arrays stay in the processor's cache.
CHUNK = 512
# More steps than a feature ever takes.
NOT_ABOVE = 255


@dataclass(frozen=True, eq=False)
class ObliviousTrees:
    """`bias` + the sum over trees of the value of the leaf that a row falls into."""

    features: npt.NDArray[np.int32]
    """`(depth, n_trees)`: which feature is asked. The depth is at most 8."""
    borders: npt.NDArray[np.float32]
    """`(depth, n_trees)`: whether it is above this; infinite where a tree asks nothing more."""
    values: Rows
    """`(n_trees, 2 ** depth)`."""
    bias: float

    def __call__(self, rows: Rows) -> Rows:
        """`(n_rows, n_features)` to `(n_rows,)`. The library compares in single precision."""
        seen = rows.astype(np.float32)
        flat, first = self.values.ravel(), self._first
        if len(seen) == 1:
            above = seen[0][self.features] > self.borders
            leaf = _WEIGHTS[: len(above)] @ above.astype(np.float32)
            return np.array([flat[first + leaf.astype(np.intp)].sum() + self.bias])
        answers = np.empty(len(seen))
        for start in range(0, len(seen), CHUNK):
            leaves = self._leaves(seen[start : start + CHUNK])
            answers[start : start + CHUNK] = flat.take(first[:, None] + leaves).sum(axis=0)
        return answers + self.bias

    def leaves(self, rows: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
        """`(n_rows, n_features)` to `(n_rows, n_trees)`."""
        parts = [self._leaves(rows[start : start + CHUNK]) for start in range(0, len(rows), CHUNK)]
        return np.hstack(parts).T

    def spread(self, rows: npt.NDArray[np.float32]) -> Rows:
        """`(n_trees,)`: the standard deviation of what each tree says of the rows."""
        leaves = self.leaves(rows)
        # Tree by tree: all values at once would be some hundred megabytes.
        return np.array(
            [values.take(leaf).std() for values, leaf in zip(self.values, leaves.T, strict=True)]
        )

    def _leaves(self, rows: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
        """`(n_trees, n_rows)`: tree by tree, so that whole rows are copied and compared."""
        grids, places = self._grids
        # How many of its borders each feature is above: bytes are compared, not numbers.
        steps = np.empty((len(grids), len(rows)), dtype=np.uint8)
        for feature, grid in enumerate(grids):
            steps[feature] = np.searchsorted(grid, rows[:, feature], side="left")
        found = np.zeros((self.features.shape[1], len(rows)), dtype=np.uint8)
        for bit, (feature, place) in enumerate(zip(self.features, places, strict=True)):
            above = steps[feature] > place[:, None]
            found |= above.view(np.uint8) << np.uint8(bit)
        return found

    @cached_property
    def _first(self) -> npt.NDArray[np.intp]:
        return np.arange(self.features.shape[1]) << len(self.features)

    @cached_property
    def _grids(self) -> tuple[list[npt.NDArray[np.float32]], npt.NDArray[np.uint8]]:
        """Each feature's borders, ascending; and of every question the place of its border."""
        count = int(self.features.max()) + 1
        places = np.zeros(self.features.shape, dtype=np.uint8)
        grids = []
        for feature in range(count):
            asked = self.features == feature
            grid = np.unique(self.borders[asked])
            if len(grid) >= NOT_ABOVE:
                raise ValueError(f"{len(grid)} borders of one feature do not fit into a byte")
            places[asked] = np.searchsorted(grid, self.borders[asked])
            grids.append(grid)
        # Nothing is above infinity, not even infinity.
        places[np.isinf(self.borders)] = NOT_ABOVE
        return grids, places

    def __getstate__(self) -> dict[str, Any]:
        """Without what is made again from the rest."""
        return {name: vars(self)[name] for name in ("features", "borders", "values", "bias")}


def weighted_sum(parts: Sequence[tuple[float, ObliviousTrees]]) -> ObliviousTrees:
    """One sum of trees for `Σ weight × trees`."""
    depth = max(len(trees.features) for _, trees in parts)
    deep = [(weight, _deepened(trees, depth)) for weight, trees in parts]
    return ObliviousTrees(
        features=np.hstack([trees.features for _, trees in deep]),
        borders=np.hstack([trees.borders for _, trees in deep]),
        values=np.vstack([weight * trees.values for weight, trees in deep]),
        bias=sum(weight * trees.bias for weight, trees in deep),
    )


def _deepened(trees: ObliviousTrees, depth: int) -> ObliviousTrees:
    """Asks more, and the answer is always no."""
    more = depth - len(trees.features)
    return ObliviousTrees(
        features=np.pad(trees.features, ((0, more), (0, 0))),
        borders=np.pad(trees.borders, ((0, more), (0, 0)), constant_values=np.inf),
        values=np.pad(trees.values, ((0, 0), (0, (1 << depth) - trees.values.shape[1]))),
        bias=trees.bias,
    )


_WEIGHTS = (1 << np.arange(16)).astype(np.float32)


def from_catboost(model: Any) -> ObliviousTrees:
    """The arrays of a fitted CatBoost regressor of numeric features, from its own JSON export."""
    with tempfile.TemporaryDirectory(prefix="housing-trees-") as folder:
        file = Path(folder) / "model.json"
        model.save_model(str(file), format="json")
        content = json.loads(file.read_text())
    # A tree that found nothing to ask has `null` for its splits.
    trees = [(tree["splits"] or [], tree["leaf_values"]) for tree in content["oblivious_trees"]]
    scale, (bias,) = content["scale_and_bias"]
    depth = max(1, *(len(splits) for splits, _ in trees))
    features = np.zeros((depth, len(trees)), dtype=np.int32)
    borders = np.full((depth, len(trees)), np.inf, dtype=np.float32)
    values = np.zeros((len(trees), 1 << depth))
    for number, (splits, leaf_values) in enumerate(trees):
        for bit, split in enumerate(splits):
            features[bit, number] = split["float_feature_index"]
            borders[bit, number] = split["border"]
        leaves = np.array(leaf_values) * scale
        values[number, : len(leaves)] = leaves
    return ObliviousTrees(features, borders, values, float(bias))
