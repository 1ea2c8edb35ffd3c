"""Outlines of zipcodes, drawn from where sales were."""

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from matplotlib.path import Path

from predictors.homes.ml.outlines.borders import borders
from predictors.homes.ml.outlines.rings import outlines
from predictors.homes.ml.outlines.territory import Points


def scattered(west: float, south: float, count: int = 400, side: float = 4.0) -> Points:
    """Places of sales in a square, in miles; the same each time."""
    corner = np.array([west, south])
    return np.asarray(corner + np.random.default_rng(7).uniform(0, side, (count, 2)))


def is_within(points: Points, rings: list[Points]) -> npt.NDArray[np.bool_]:
    """By even and odd: a ring within another one is a hole."""
    hits = [Path(np.vstack([ring, ring[:1]])).contains_points(points) for ring in rings]
    return np.asarray(np.sum(hits, axis=0) % 2 == 1)


def area(rings: list[Points]) -> float:
    """Square miles; holes run the other way round."""
    total = 0.0
    for ring in rings:
        x, y = ring.T
        total += float(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2
    return total


def test_it_works() -> None:
    sales = scattered(10, 20)
    (rings,) = outlines(sales, np.zeros(len(sales), dtype=int)).values()
    (ring,) = rings
    assert is_within(sales, rings).all()
    assert 16 < area(rings) < 25  # four miles square and a margin
    assert 4 <= len(ring) < 60


def test_neighbours_share_the_points_of_their_border() -> None:
    sales = np.concatenate([scattered(0, 0), scattered(4, 0)])
    numbers = np.repeat([0, 1], 400)
    found = outlines(sales, numbers)
    west, east = ({tuple(point) for ring in found[n] for point in ring.tolist()} for n in (0, 1))
    shared = sorted(west & east, key=lambda point: point[1])
    assert len(shared) >= 2
    assert shared[0][1] < 0.5 and shared[-1][1] > 3.5
    assert all(3 < x < 5 for x, _ in shared)
    assert is_within(sales[numbers == 0], found[0]).mean() > 0.95
    assert not (is_within(sales, found[0]) & is_within(sales, found[1])).any()


def test_a_lake_is_a_hole() -> None:
    sales = scattered(0, 0, count=3000, side=9)
    shore = sales[np.hypot(*(sales - 4.5).T) > 2.5]
    (rings,) = outlines(shore, np.zeros(len(shore), dtype=int)).values()
    assert len(rings) == 2
    assert is_within(shore, rings).all()
    assert not is_within(np.array([[4.5, 4.5]]), rings).any()


def test_one_zipcode_inside_another_one_is_taken_out_of_it() -> None:
    sales = scattered(0, 0, count=3000, side=8)
    numbers = (np.hypot(*(sales - 4).T) < 2).astype(int)
    found = outlines(sales, numbers)
    assert (len(found[0]), len(found[1])) == (2, 1)
    assert area(found[0]) + area(found[1]) == pytest.approx(area([found[0][0]]), rel=1e-9)


def test_a_stray_sale_makes_no_island_in_the_next_zipcode() -> None:
    sales = np.concatenate([scattered(0, 0), scattered(20, 0), [[2.0, 2.0], [11.0, 2.0]]])
    numbers = np.array([0] * 400 + [1] * 400 + [1, 1])
    found = outlines(sales, numbers)
    assert [len(rings) for rings in found.values()] == [1, 1]


@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_few_sales_are_enough(count: int) -> None:
    sales = scattered(0, 0, count=count, side=0.2)
    (rings,) = outlines(sales, np.zeros(count, dtype=int)).values()
    assert is_within(sales, rings).all()


def test_every_step_between_labels_is_in_one_border() -> None:
    labels = np.zeros((30, 40), dtype=np.int32)
    labels[1:-1, 1:-1] = np.random.default_rng(3).integers(0, 4, (28, 38))
    steps = [frozenset(step) for border in borders(labels) for step in pairwise(border.corners)]
    differ = (labels[:, 1:] != labels[:, :-1]).sum() + (labels[1:] != labels[:-1]).sum()
    assert len(steps) == len(set(steps)) == differ
