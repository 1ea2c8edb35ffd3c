"""Comparable sales: those that the model holds most alike, and what it adds for the differences."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import numpy.typing as npt

from learning.trees import ObliviousTrees
from predictors.homes.ml.champion.features import INPUTS, facts_of
from predictors.homes.ml.champion.sold import Sold
from predictors.homes.ml.explaining import Comparable, ComparableSales, OwnSale
from predictors.homes.ml.schema import HOME_COLUMNS

Rows = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]

SHOWN = 5
# The trees are asked about the likeliest only: first by place, then by the linear part.
NEAREST, LIKELIEST = 1500, 400
FACTS = slice(0, len(HOME_COLUMNS))
# What no renovation changes, and how exactly positions are given: a hundred feet.
LASTING = [INPUTS.index(name) for name in ("sqft_lot", "yr_built")]
SAME_PLACE_MILES = 0.02
LIVING = INPUTS.index("sqft_living")


def comparables(
    sold: Sold,
    trees: ObliviousTrees,
    *,
    row: Rows,
    matrix: Rows,
    shares: Rows,
    point: Rows,
    day: float,
    estimate: float,
) -> ComparableSales:
    """Of the home `row` `(n_inputs,)` on `day`; none after that day, none of the home itself.

    Alike is what shares leaves of the trees, weighed by how much a tree tells homes apart, times
    e to the minus the differences of the linear part, group by group.
    """
    earlier = sold.days <= day
    own, reasons = _own_sales(sold, row, point)
    candidates = _candidates(sold, np.flatnonzero(earlier & ~own), point, shares)
    if not len(candidates):
        return ComparableSales([], _shown_own(sold, own & earlier, reasons))
    leaves = trees.leaves(sold.matrix[candidates])
    mine = trees.leaves(matrix.astype(np.float32))
    together = (leaves == mine) @ sold.tree_weights
    apart = np.abs(sold.shares[candidates] - shares).sum(axis=1)
    similarity = together * np.exp(-apart)
    best = _one_of_each_parcel(sold, candidates, similarity)
    return ComparableSales(
        [
            _comparable(sold, place, similarity=alike, row=row, point=point, estimate=estimate)
            for place, alike in best
        ],
        _shown_own(sold, own & earlier, reasons),
    )


def _own_sales(sold: Sold, row: Rows, point: Rows) -> tuple[npt.NDArray[np.bool_], dict[str, str]]:
    """Sales that may be of the very home, `(n_sales,)`, and why, by parcel.

    A home is told by its facts, since the client sends no parcel number: by all of them, or by
    those that a renovation, or the neighbours, do not change.
    """
    identical = (sold.inputs[:, FACTS] == row[FACTS]).all(axis=1)
    parcels = set(sold.parcels[identical].tolist())
    reason = "all facts are identical: the home itself"
    if len(parcels) > 1:
        reason = (
            f"all facts are identical on {len(parcels)} parcels: "
            "the home itself, or one that cannot be told from it"
        )
    reasons = dict.fromkeys(parcels, reason)
    near = np.hypot(*(sold.points - point).T) <= SAME_PLACE_MILES
    alike = near & (sold.inputs[:, LASTING] == row[LASTING]).all(axis=1)
    for parcel in set(sold.parcels[alike].tolist()) - parcels:
        reasons[parcel] = "the same place, lot and year of building: it may be the home itself"
    return np.isin(sold.parcels, sorted(reasons)), reasons


def _shown_own(
    sold: Sold, own: npt.NDArray[np.bool_], reasons: dict[str, str]
) -> Sequence[OwnSale]:
    return [
        OwnSale(
            id=str(sold.parcels[place]),
            date=date.fromordinal(int(sold.days[place])),
            price=float(sold.prices[place]),
            reason=reasons[str(sold.parcels[place])],
        )
        for place in np.flatnonzero(own)
    ]


def _candidates(sold: Sold, places: Places, point: Rows, shares: Rows) -> Places:
    miles = np.hypot(*(sold.points[places] - point).T)
    places = places[_smallest(miles, NEAREST)]
    apart = np.abs(sold.shares[places] - shares).sum(axis=1)
    return places[_smallest(apart, LIKELIEST)]


def _smallest(values: Rows, count: int) -> Places:
    order: Places = np.argsort(values, kind="stable")[:count]
    return order


def _one_of_each_parcel(
    sold: Sold, candidates: Places, similarity: Rows
) -> list[tuple[int, float]]:
    """The most alike; of two sales of one parcel the later one. At most SHOWN."""
    # Most alike first, the later sale first among equals.
    order = np.lexsort((-sold.days[candidates], -similarity))
    chosen: dict[str, tuple[int, float]] = {}
    for position in order.tolist():
        place = int(candidates[position])
        chosen.setdefault(str(sold.parcels[place]), (place, float(similarity[position])))
        if len(chosen) == SHOWN:
            break
    return list(chosen.values())


def _comparable(
    sold: Sold, place: int, *, similarity: float, row: Rows, point: Rows, estimate: float
) -> Comparable:
    price = float(sold.prices[place])
    adjustment = estimate - float(sold.estimates[place])
    return Comparable(
        id=str(sold.parcels[place]),
        date=date.fromordinal(int(sold.days[place])),
        price=price,
        price_per_sqft=price / float(sold.inputs[place, LIVING]),
        distance_miles=float(np.hypot(*(sold.points[place] - point))),
        similarity=similarity,
        adjustment=adjustment,
        adjusted_price=price + adjustment,
        facts=facts_of(sold.inputs[place]),
    )
