"""Which zipcode lies where: squares of land, each given to the zipcode that sold most around it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage  # type: ignore[import-untyped]
from scipy.spatial import cKDTree  # type: ignore[import-untyped]

Points = npt.NDArray[np.float64]
"""`(n, 2)`: miles east and north."""
Labels = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]

SQUARE_MILES = 0.1
"""The side of a square."""
# Homes whose squares are nearer to each other than twice REACH belong together; what lies farther
# than MARGIN beyond them all is left to forests and lakes.
REACH, MARGIN = 0.8, 0.25
# Squares: smaller ones that nobody lives in are parks and ponds of those around.
LARGEST_HOLE = 60
VOTES = 7
# Sales: a part with fewer, cut off from the rest of its zipcode, is no place of its own.
FEWEST = 15


@dataclass(frozen=True, slots=True, eq=False)
class Territory:
    labels: Labels
    """`(rows, columns)`, from the south-west: 0 for nobody's, or 1 + the number of a zipcode. Its
    edges are nobody's."""
    origin: Points
    """`(2,)`: the south-western corner."""


def territory(points: Points, zipcodes: npt.NDArray[np.intp]) -> Territory:
    """Of sales at `points` `(n_sales, 2)` in `zipcodes` `(n_sales,)`, numbers from 0."""
    origin = points.min(axis=0) - REACH - 2 * SQUARE_MILES
    squares = np.floor((points - origin) / SQUARE_MILES).astype(np.intp)
    columns, rows = squares.max(axis=0) + round(REACH / SQUARE_MILES) + 3
    sales = np.zeros((rows, columns), dtype=np.int32)
    np.add.at(sales, (squares[:, 1], squares[:, 0]), 1)
    land = _grown(sales > 0)
    labels = np.zeros(land.shape, dtype=np.int32)
    places = np.argwhere(land)
    middles = (places[:, ::-1] + 0.5) * SQUARE_MILES + origin
    labels[land] = 1 + _elected(points, zipcodes, middles)
    return Territory(_without_strays(labels, sales), origin)


def _grown(sold: Mask) -> Mask:
    """What lies within REACH of a sale, and not within REACH - MARGIN of what does not."""
    near = ndimage.distance_transform_edt(~sold) * SQUARE_MILES <= REACH
    inside = ndimage.distance_transform_edt(near) * SQUARE_MILES > REACH - MARGIN
    apart, _ = ndimage.label(~inside)
    holes = np.bincount(apart.ravel()) <= LARGEST_HOLE
    return np.asarray(inside | sold | holes[apart])


def _elected(points: Points, zipcodes: npt.NDArray[np.intp], places: Points) -> Labels:
    """`(n_places,)`: the zipcode of most of the nearest sales; of as many, of the nearest."""
    _, nearest = cKDTree(points).query(places, np.arange(1, min(VOTES, len(points)) + 1))
    voted = zipcodes[nearest]
    votes = (voted[:, :, None] == voted[:, None, :]).sum(axis=2)
    winner = votes.argmax(axis=1)
    return np.asarray(voted[np.arange(len(voted)), winner], dtype=np.int32)


def _without_strays(labels: Labels, sales: Labels) -> Labels:
    """Parts of few sales go to the zipcode around them, or to nobody if there is none."""
    kept = np.zeros_like(labels)
    for label, window in enumerate(ndimage.find_objects(labels), start=1):
        if window is None:  # others sold more, wherever it sold
            continue
        parts, _ = ndimage.label(labels[window] == label)
        counts = np.bincount(parts.ravel(), weights=sales[window].ravel())
        counts[0] = -1  # what is not of this zipcode
        kept[window][counts[parts] >= min(FEWEST, counts.max())] = label
    regions, _ = ndimage.label(labels > 0)
    inhabited = np.unique(regions[kept > 0])
    stray = (labels > 0) & (kept == 0) & np.isin(regions, inhabited)
    rows, columns = ndimage.distance_transform_edt(
        kept == 0, return_distances=False, return_indices=True
    )
    return np.where(stray, kept[rows, columns], kept)
