"""How far what a model is asked has moved away from what it learned from.

Population stability index (Siddiqi 2006, Credit Risk Scorecards, ch. 10): with the shares e of the
training rows and a of the asked rows in B bins, PSI = Σ (a - e) ln(a / e). Its usual bands: below
0.1 little has changed, from 0.25 on much.

Without any drift PSI is not zero. With n rows asked and m learned from it is about
(1/n + 1/m) times a chi-square variable of B - 1 degrees of freedom (Yurdakul 2018, Statistical
properties of the population stability index): `noise` is a quantile of that, so that few rows do
not look like drift.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy.special import chdtri  # type: ignore[import-untyped]

from learning.fields import NOT_GIVEN

Rows = npt.NDArray[np.float64]
Band = Literal["stable", "moderate", "shifted"]

MODERATE, SHIFTED = 0.1, 0.25
BINS = 10
MOST_VALUES = 20
"""A column of so few different values is binned by value, others by deciles."""
LEAST_SHARE = 0.01
"""Rarer values share one bin: a bin that expects hardly a row measures nothing."""
MOST_UNSEEN = 0.01
MOST_KNOWN = 1_000
LEAST_EXPECTED = 10
"""Bins that expect fewer of the asked rows are pooled; with less, chance exceeds `noise` of 300 to
500 rows up to eight times too often, because of bins that expect hardly any."""
SAME_HOMES = 0.5


@dataclass(frozen=True, slots=True)
class Column:
    """What training rows hold in one column."""

    rows: int
    """Where it was given."""
    bounds: Sequence[float]
    """Of bins by deciles: the largest value of every bin but the last."""
    values: Sequence[float] | None
    """Of bins by value: one each, then a bin for all other values. None: bins by deciles."""
    counts: Sequence[int]
    """`(n_bins,)`"""
    low: float
    median: float
    high: float
    known: Sequence[float] | None
    """All values, if the column is such that a new one is unusual."""
    optional: bool = False
    """May be left out; then a row holds NOT_GIVEN, which is no value."""

    @property
    def bins(self) -> int:
        return len(self.counts)

    def count(self, column: Rows) -> npt.NDArray[np.int64]:
        """`(n_bins,)` of `(n_rows,)` given values."""
        if self.values is None:
            places = np.searchsorted(np.asarray(self.bounds), column, side="left")
        else:
            places = _places(np.asarray(self.values), column)
        return np.bincount(places, minlength=self.bins)


@dataclass(frozen=True, slots=True)
class Profile:
    """What a model learned from, and what it says of that."""

    rows: int
    once_each: bool
    """Whether the inputs tell what is asked about apart; then a repeated row is one asked twice."""
    features: Mapping[str, Column]
    prediction: Column

    def as_json(self) -> dict[str, Any]:
        """The features as a list: PostgreSQL's jsonb keeps no order of members."""
        named = [{"name": name, **asdict(column)} for name, column in self.features.items()]
        return {**asdict(self), "features": named}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Profile":
        named = [dict(column) for column in stored["features"]]
        return cls(
            rows=stored["rows"],
            once_each=stored["once_each"],
            features={column.pop("name"): Column(**column) for column in named},
            prediction=Column(**stored["prediction"]),
        )


@dataclass(frozen=True, slots=True)
class Shift:
    """One column of what was asked, compared with training."""

    psi: float
    band: Band
    noise: float
    """PSI that chance alone exceeds only with the probability that was asked for."""
    given: int
    """Rows that count: where it was given, each home once."""
    not_given: float
    """Share of all rows."""
    unknown: float
    """Share of the given values that training never held; 0 where a new value is not unusual."""
    outside: float
    """Share of the given values below or above all of training."""
    median: float | None
    training_median: float


@dataclass(frozen=True, slots=True)
class Comparison:
    rows: int
    """That count: each home once."""
    features: Mapping[str, Shift]
    prediction: Shift


def profile_of(
    *, rows: Rows, predictions: Rows, feature_names: Sequence[str], optional: Set[str] = frozenset()
) -> Profile:
    """Of training rows `(n_rows, n_features)`; `predictions` `(n,)` of some of them."""
    distinct = _distinct(rows)
    once_each = len(distinct) >= SAME_HOMES * len(rows)
    counted = rows[distinct] if once_each else rows
    return Profile(
        rows=len(rows),
        once_each=once_each,
        features={
            name: column_of(counted[:, place], optional=name in optional)
            for place, name in enumerate(feature_names)
        },
        prediction=column_of(predictions),
    )


def column_of(column: Rows, *, optional: bool = False) -> Column:
    """Of `(n_rows,)`, at least one of them given."""
    given = column[column != NOT_GIVEN] if optional else column
    values, counts = np.unique(given, return_counts=True)
    by_value = len(values) <= MOST_VALUES
    deciles = np.quantile(given, np.arange(1, BINS) / BINS, method="inverted_cdf")
    bounds = np.unique(deciles[deciles < values[-1]])
    # Good (1953): what a next row holds is new with about the share of values that were seen once.
    unseen = np.count_nonzero(counts == 1) / len(given)
    is_list = unseen <= MOST_UNSEEN and len(values) <= MOST_KNOWN
    frequent = values[counts >= LEAST_SHARE * len(given)]
    empty = Column(
        rows=len(given),
        bounds=[] if by_value else bounds.tolist(),
        values=frequent.tolist() if by_value else None,
        counts=[0] * (len(frequent) + 1 if by_value else len(bounds) + 1),
        low=float(values[0]),
        median=float(np.median(given)),
        high=float(values[-1]),
        known=values.tolist() if is_list else None,
        optional=optional,
    )
    return _with_counts(empty, given)


def compare(profile: Profile, *, rows: Rows, predictions: Rows, false_alarms: float) -> Comparison:
    """Of what was asked, `(n_rows, n_features)` in the profile's order, and answered, `(n_rows,)`.

    `false_alarms`: how likely, without drift, at least one of the columns may exceed its `noise`
    (Bonferroni: columns that move together, as those joined by one zipcode, make it less likely).
    """
    if profile.once_each:
        distinct = _distinct(rows)
        rows, predictions = rows[distinct], predictions[distinct]
    watched = 1 + sum(not column.optional for column in profile.features.values())
    level = false_alarms / watched
    return Comparison(
        rows=len(rows),
        features={
            name: shift_of(column, rows[:, place], level)
            for place, (name, column) in enumerate(profile.features.items())
        },
        prediction=shift_of(profile.prediction, predictions, level),
    )


def shift_of(column: Column, asked: Rows, level: float) -> Shift:
    """`level`: probability with which chance alone exceeds `noise`."""
    given = asked[asked != NOT_GIVEN] if column.optional else asked
    expected, actual = _pooled(np.asarray(column.counts), column.count(given))
    unknown = 0.0
    if column.known is not None and len(given):
        known = np.asarray(column.known)
        unknown = float(np.mean(_places(known, given) == len(known)))
    psi = stability_index(expected, actual) if len(given) else 0.0
    return Shift(
        psi=psi,
        band=band_of(psi),
        noise=noise(len(expected), len(given), column.rows, level),
        given=len(given),
        not_given=1 - len(given) / len(asked) if len(asked) else 0.0,
        unknown=unknown,
        outside=float(np.mean((given < column.low) | (given > column.high))) if len(given) else 0.0,
        median=float(np.median(given)) if len(given) else None,
        training_median=column.median,
    )


def stability_index(expected: npt.NDArray[np.int64], actual: npt.NDArray[np.int64]) -> float:
    """PSI of counts, each `(n_bins,)`.

    An empty bin would make it infinite: in training every bin gets half a row more (Krichevsky &
    Trofimov 1981), and what was asked one row per bin, spread as training is.
    """
    bins = len(expected)
    e = (expected + 0.5) / (expected.sum() + bins / 2)
    a = (actual + bins * e) / (actual.sum() + bins)
    return float(np.sum((a - e) * np.log(a / e)))


def noise(bins: int, asked: int, learned: int, level: float) -> float:
    """What PSI exceeds with the probability `level` when nothing has changed."""
    if bins < 2 or not asked:
        return 0.0
    return float(chdtri(bins - 1, level)) * (1 / asked + 1 / learned)


def band_of(psi: float) -> Band:
    if psi >= SHIFTED:
        return "shifted"
    return "moderate" if psi >= MODERATE else "stable"


def _pooled(
    expected: npt.NDArray[np.int64], actual: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Counts of `(n_bins,)`, the smallest bins as one that expects LEAST_EXPECTED rows."""
    order = np.argsort(expected, kind="stable")
    expected, actual = expected[order], actual[order]
    rows = expected * (actual.sum() / expected.sum())
    if not len(rows) or rows[0] >= LEAST_EXPECTED:
        return expected, actual
    many = min(int(np.searchsorted(np.cumsum(rows), LEAST_EXPECTED)) + 1, len(rows))
    many = max(many, int(np.count_nonzero(rows < LEAST_EXPECTED)))
    return (
        np.append(expected[many:], expected[:many].sum()),
        np.append(actual[many:], actual[:many].sum()),
    )


def _with_counts(column: Column, given: Rows) -> Column:
    counts = [int(count) for count in column.count(given)]
    return Column(**{**asdict(column), "counts": counts})


def _places(values: Rows, column: Rows) -> npt.NDArray[np.int64]:
    """`(n_rows,)`: where in the sorted `values` each is; `len(values)` where it is not."""
    if not len(values):
        return np.zeros(len(column), dtype=np.int64)
    places = np.minimum(np.searchsorted(values, column), len(values) - 1)
    return np.where(values[places] == column, places, len(values))


def _distinct(rows: Rows) -> npt.NDArray[np.int64]:
    """Places of the first of equal rows."""
    if not len(rows):
        return np.empty(0, dtype=np.int64)
    wide = np.ascontiguousarray(rows).view(np.dtype((np.void, rows.itemsize * rows.shape[1])))
    return np.unique(wide.ravel(), return_index=True)[1]
