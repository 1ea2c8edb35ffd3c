"""Answering faster than the pickle, with the pickle's answers.

scikit-learn's nearest-neighbour search takes 0.6 ms for one row, most of it spent outside the
search; a k-d tree over the same scaled training matrix takes 0.02 ms. `fast_predictor` knows the
estimators for which that is safe, and `prove` compares the answers before anyone relies on it.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from sklearn.neighbors import KNeighborsRegressor

Rows = npt.NDArray[np.float64]
# `(n_rows, n_features)` in the model's feature order -> `(n_rows,)` in the unit of its target.
Predict = Callable[[Rows], Rows]

PROOF_ROWS = 1_000
TOLERANCE = 1e-9  # relative: a tenth of a cent on a home of a million dollars


@runtime_checkable
class BringsFastPredictor(Protocol):
    """An estimator that knows a faster way to its own answers; `prove` compares it too."""

    def compiled(self) -> Predict: ...


@dataclass(frozen=True, slots=True)
class Scaling:
    """`(x - centre) / scale` per feature, both `(n_features,)`: scikit-learn's own operations.

    A scaler that does not centre has centre 0, one that does not scale has scale 1: neither
    changes a bit of any number.
    """

    centre: Rows
    scale: Rows


@dataclass(frozen=True, slots=True, eq=False)
class NearestNeighbours:
    """The mean target of the k nearest training rows, found by a tree. Immutable, thread-safe.

    Where the k-th and the next neighbour are not clearly apart, `referee` (the estimator itself)
    is asked with that row alone. No rule of ours could stand in for it: of training rows at equal
    distance scikit-learn keeps those that its heap happens to hold, which depends on all rows
    before them, on the number of threads and on the rounding of ‖x‖² - 2xy + ‖y‖². Always one row
    at a time, because that is the answer a home gets alone, and a batch must not change it.
    """

    scalings: tuple[Scaling, ...]
    tree: cKDTree
    target: Rows
    n_neighbors: int
    referee: "KNeighborsRegressor"
    rounding: float

    def __call__(self, rows: Rows) -> Rows:
        """Raise ValueError for another number of features and for values that are not finite."""
        if rows.ndim != 2 or rows.shape[1] != self.tree.m:
            raise ValueError(f"rows of {self.tree.m} features are expected, not {rows.shape}")
        scaled = np.ascontiguousarray(rows, dtype=np.float64)
        for scaling in self.scalings:
            scaled = (scaled - scaling.centre) / scaling.scale
        k = self.n_neighbors
        distances, indices = self.tree.query(scaled, k + 1)
        answers: Rows = np.add.reduce(self.target[indices[:, :k]], axis=1) / k
        if len(scaled) == 1 and self._one_is_clear(scaled[0], distances[0]):
            return answers
        clear = self._clear(scaled, distances[:, k - 1], distances[:, k])
        if not clear.all():
            for row in np.flatnonzero(~clear):
                answers[row] = self.referee.predict(scaled[row : row + 1])[0]
        return answers

    def _one_is_clear(self, scaled: Rows, distances: Rows) -> bool:
        """As `_clear`: for a lone row the time goes into calling NumPy, not into numbers."""
        last, next_ = float(distances[self.n_neighbors - 1]), float(distances[self.n_neighbors])
        reach = 2.0 * math.sqrt(scaled.dot(scaled)) + next_
        return next_ * next_ > last * last + self.rounding * reach * reach

    def _clear(self, scaled: Rows, last: Rows, next_: Rows) -> npt.NDArray[np.bool_]:
        """Whether no rounding can swap the `last` neighbour taken and the `next_`, `(n_rows,)`.

        The error of a squared distance grows with (‖x‖ + ‖y‖)², not with the distance, and ‖y‖
        is at most ‖x‖ plus the distance.
        """
        reach = 2.0 * np.sqrt(np.add.reduce(scaled * scaled, axis=1)) + next_
        clear: npt.NDArray[np.bool_] = next_ * next_ > last * last + self.rounding * reach * reach
        return clear


# Known by their names: to import scikit-learn takes as long as all else that a process begins with,
# and whoever has such an object has done it.
NEIGHBOURS = "sklearn.neighbors._regression.KNeighborsRegressor"
PIPELINE = "sklearn.pipeline.Pipeline"
# Of each scaler: whether it centres, by what; whether it scales, by what.
SCALERS = {
    "sklearn.preprocessing._data.RobustScaler": (
        *("with_centering", "center_"),
        *("with_scaling", "scale_"),
    ),
    "sklearn.preprocessing._data.StandardScaler": (
        *("with_mean", "mean_"),
        *("with_std", "scale_"),
    ),
}


def _class_of(estimator: Any) -> str:
    """Its own, not one that it is derived from."""
    return f"{type(estimator).__module__}.{type(estimator).__qualname__}"


def _vector(value: Any, length: int) -> Rows | None:
    """A private copy of `value` if it is `(length,)` finite numbers that float64 holds."""
    if not isinstance(value, np.ndarray) or value.shape != (length,):
        return None
    if value.dtype != np.float64 and value.dtype.kind not in "iu":
        return None
    vector = np.array(value, dtype=np.float64)
    vector.setflags(write=False)
    return vector if np.isfinite(vector).all() else None


def _scaling(scaler: Any, n_features: int) -> Scaling | None:
    """What a fitted scaler does to one row, or None for any other transformer."""
    names = SCALERS.get(_class_of(scaler))
    if names is None or vars(scaler).get("n_features_in_") != n_features:
        return None
    centres, centre, scales, scale = (vars(scaler).get(name) for name in names)
    if not isinstance(centres, bool) or not isinstance(scales, bool):
        return None
    shift = _vector(centre if centres else np.zeros(n_features), n_features)
    spread = _vector(scale if scales else np.ones(n_features), n_features)
    if shift is None or spread is None or not spread.all():
        return None
    return Scaling(shift, spread)


def _is_plain_euclidean(fitted: Mapping[str, Any]) -> bool:
    """Whether every neighbour counts alike and near means straight-line distance."""
    metric, p, weights = (fitted.get(name) for name in ("metric", "p", "weights"))
    if not isinstance(metric, str) or not isinstance(weights, str):
        return False
    return (
        (metric == "euclidean" or (metric == "minkowski" and isinstance(p, int | float) and p == 2))
        and weights == "uniform"
        and fitted.get("metric_params", "unknown") is None
        and fitted.get("effective_metric_") == "euclidean"
        and fitted.get("effective_metric_params_") == {}
    )


def _training_matrix(fitted: Mapping[str, Any]) -> Rows | None:
    """The `(n_train, n_features)` matrix if it is dense, finite float64."""
    matrix = fitted.get("_fit_X")
    if not isinstance(matrix, np.ndarray) or matrix.ndim != 2 or matrix.dtype != np.float64:
        return None
    if matrix.shape != (fitted.get("n_samples_fit_"), fitted.get("n_features_in_")):
        return None
    return matrix if np.isfinite(matrix).all() else None


def _neighbours(model: Any, scalers: Sequence[Any] = ()) -> Predict | None:
    """A plain Euclidean `KNeighborsRegressor` with one target, behind scalers or bare."""
    if _class_of(model) != NEIGHBOURS or not _is_plain_euclidean(vars(model)):
        return None
    matrix, k = _training_matrix(vars(model)), vars(model).get("n_neighbors")
    if matrix is None or not isinstance(k, int | np.integer):
        return None
    n_train, n_features = matrix.shape
    target = _vector(vars(model).get("_y"), n_train)
    known = [_scaling(scaler, n_features) for scaler in scalers]
    scalings = tuple(scaling for scaling in known if scaling is not None)
    # With k = n_train every training row is a neighbour of every home: nothing to search.
    if target is None or len(scalings) < len(known) or not 1 <= k < n_train:
        return None
    referee = copy(model)  # our own: it is asked with arrays, and must not warn of missing names
    vars(referee).pop("feature_names_in_", None)
    return NearestNeighbours(
        scalings=scalings,
        # Cells cut in the middle, not at the median: on home sales found 20 % sooner.
        tree=cKDTree(matrix, leafsize=10, balanced_tree=False),
        target=target,
        n_neighbors=int(k),
        referee=referee,
        # n products and a few sums, each off by half a unit in the last place; two distances,
        # each computed in two ways; and twice that, to be sure.
        rounding=4.0 * (n_features + 4) * float(np.finfo(np.float64).eps),
    )


def _scaled_neighbours(estimator: Any) -> Predict | None:
    """A `Pipeline` of scalers that ends in such a `KNeighborsRegressor`."""
    steps = vars(estimator).get("steps") if _class_of(estimator) == PIPELINE else None
    if not isinstance(steps, list) or not steps:
        return None
    if not all(isinstance(step, tuple) and len(step) == 2 for step in steps):
        return None
    *scalers, model = (step for _, step in steps)
    return _neighbours(model, scalers)


def _its_own(estimator: Any) -> Predict | None:
    # `isinstance` asks only whether there is such a name, as there is on the class itself.
    if isinstance(estimator, type) or not isinstance(estimator, BringsFastPredictor):
        return None
    return estimator.compiled() if callable(estimator.compiled) else None


# Each returns None for what it does not know. A new recipe adds its own here.
RECOGNISERS: tuple[Callable[[Any], Predict | None], ...] = (
    _its_own,
    _neighbours,
    _scaled_neighbours,
)


def fast_predictor(estimator: Any) -> Predict | None:
    """A faster way to the answers of a fitted scikit-learn `estimator`, None if we know none."""
    return next((fast for know in RECOGNISERS if (fast := know(estimator)) is not None), None)


@dataclass(frozen=True, slots=True)
class Proof:
    """What `prove` found on `rows` rows.

    `contradictions` are rows to which the estimator itself gives one answer alone and another
    within a batch; there the fast predictor has to give the one that it gives alone.
    """

    rows: int
    max_relative_difference: float
    equal: bool
    contradictions: int = 0


def prove(
    estimator_predict: Predict, fast: Predict, rows: Rows, *, enough: int = PROOF_ROWS
) -> Proof:
    """Compare two predictors on `rows` `(n_rows, n_features)`, each row alone and all in a batch.

    About 0.6 ms a row with scikit-learn's neighbours: the caller bounds the time by giving little
    more than PROOF_ROWS rows; with fewer nothing is proven, unless the caller has such a proof of
    the same code with other numbers in it and says how many rows are `enough`. Raises whatever
    either of them raises.
    """
    if len(rows) == 0:
        return Proof(0, 0.0, equal=False)
    alone, together = _alone(estimator_predict, rows), estimator_predict(rows)
    fast_alone, fast_together = _alone(fast, rows), fast(rows)
    if not all(np.isfinite(a).all() for a in (alone, together, fast_alone, fast_together)):
        return Proof(len(rows), float("inf"), equal=False)
    contradictory = _relative_difference(together, alone) > TOLERANCE
    differences = (
        _relative_difference(fast_alone, alone),
        _relative_difference(fast_together, alone),
        _relative_difference(fast_together, np.where(contradictory, alone, together)),
    )
    worst = max(float(difference.max()) for difference in differences)
    return Proof(
        rows=len(rows),
        max_relative_difference=worst,
        equal=len(rows) >= max(enough, 1) and worst <= TOLERANCE,
        contradictions=int(contradictory.sum()),
    )


def _alone(predict: Predict, rows: Rows) -> Rows:
    """Ask every row by itself: `(n_rows, n_features)` -> `(n_rows,)`."""
    return np.concatenate([predict(rows[i : i + 1]) for i in range(len(rows))])


def _relative_difference(given: Rows, expected: Rows) -> Rows:
    """|given - expected| / |expected|, `(n_rows,)`; 0 where both are 0."""
    floor = np.finfo(np.float64).tiny
    with np.errstate(over="ignore"):  # any answer where 0 is expected: infinitely wrong
        difference: Rows = np.abs(given - expected) / np.maximum(np.abs(expected), floor)
    return difference
