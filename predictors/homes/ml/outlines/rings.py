"""Outlines of zipcodes, drawn from the positions of sales alone: for a map, and no surveyor's."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from predictors.homes.ml.outlines.borders import Corner, borders
from predictors.homes.ml.outlines.territory import SQUARE_MILES, Points, territory

ROUNDS = 6
"""How often each point of a border moves towards the middle of its neighbours."""
TOLERANCE_MILES = 0.06
"""How far a border may lie from the points that are left out of it."""

Line = tuple[Corner, Corner, Points]
"""Its first corner, its last, and all its points."""


def outlines(points: Points, zipcodes: npt.NDArray[np.intp]) -> dict[int, list[Points]]:
    """Rings by zipcode, each `(n_points, 2)`, in the unit of `points`, the last not the first.

    Of sales at `points` `(n_sales, 2)`, miles east and north, in `zipcodes` `(n_sales,)`, numbers
    from 0. A ring within another one is a hole. Neighbours share the points of their border.
    """
    land = territory(points, zipcodes)
    lines: dict[int, list[Line]] = defaultdict(list)
    for border in borders(land.labels):
        places = np.array(border.corners) * SQUARE_MILES + land.origin
        drawn = _drawn(places)
        first, last = border.corners[0], border.corners[-1]
        lines[border.left].append((first, last, drawn))
        lines[border.right].append((last, first, drawn[::-1]))
    return {label - 1: _rings(of) for label, of in sorted(lines.items()) if label}


def _drawn(points: Points) -> Points:
    """Without the stairs of the grid, by few points; both ends stay where they are."""
    for _ in range(ROUNDS):
        middles = (points[:-2] + 2 * points[1:-1] + points[2:]) / 4
        points = np.concatenate([points[:1], middles, points[-1:]])
    return _simplified(points)


def _simplified(points: Points) -> Points:
    """Douglas and Peucker: the farthest point from the line between two that are kept is kept."""
    keep = np.zeros(len(points), dtype=np.bool_)
    keep[[0, -1]] = True
    spans = [(0, len(points) - 1)]
    while spans:
        first, last = spans.pop()
        if last - first < 2:
            continue
        apart = _distances(points[first + 1 : last], points[first], points[last])
        farthest = int(apart.argmax())
        if apart[farthest] > TOLERANCE_MILES:
            middle = first + 1 + farthest
            keep[middle] = True
            spans += [(first, middle), (middle, last)]
    return points[keep]


def _distances(points: Points, start: Points, end: Points) -> npt.NDArray[np.float64]:
    """`(n,)` from the line between two points, or from the one point that they are."""
    along = end - start
    length = np.hypot(*along)
    away = points - start
    if length == 0:
        return np.asarray(np.hypot(away[:, 0], away[:, 1]))
    return np.asarray(np.abs(away[:, 0] * along[1] - away[:, 1] * along[0]) / length)


def _rings(lines: Sequence[Line]) -> list[Points]:
    """Of one label: line upon line until it is round, the largest ring first."""
    onward: dict[Corner, list[tuple[Corner, Points]]] = defaultdict(list)
    for first, last, points in lines:
        onward[first].append((last, points))
    rings = []
    for start in list(onward):
        while onward[start]:
            here = start
            parts: list[Points] = []
            while not parts or here != start:
                here, points = onward[here].pop()
                parts.append(points[:-1])
            rings.append(np.concatenate(parts))
    return sorted((ring for ring in rings if len(ring) > 2), key=len, reverse=True)
