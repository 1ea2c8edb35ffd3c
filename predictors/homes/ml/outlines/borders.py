"""Borders between the labels of a grid: lines that two neighbours share, point by point."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from predictors.homes.ml.outlines.territory import Labels

Corner = tuple[int, int]
"""Of a square: its column and row."""
Sides = tuple[int, int]
"""The labels to the left and to the right of who goes along."""
Steps = dict[Corner, dict[Corner, Sides]]
"""From a corner to those that a border leads to."""


@dataclass(frozen=True, slots=True)
class Border:
    corners: list[Corner]
    """From one where more than two borders meet to the next; or round, back to the first."""
    left: int
    right: int


def borders(labels: Labels) -> list[Border]:
    """All of `(rows, columns)`."""
    steps = _steps(labels)
    meeting = {corner for corner, ways in steps.items() if len(ways) > 2}
    found = []
    # Those that meet no others are walked last, from wherever.
    for corner in (*meeting, *steps):
        while steps[corner]:
            found.append(_walk(steps, meeting, corner))
    return found


def _steps(labels: Labels) -> Steps:
    steps: Steps = defaultdict(dict)
    rows, columns = np.nonzero(labels[:, :-1] != labels[:, 1:])
    wests, easts = labels[rows, columns], labels[rows, columns + 1]
    for row, column, west, east in _together(rows, columns, wests, easts):
        _join(steps, (column + 1, row), (column + 1, row + 1), (west, east))
    rows, columns = np.nonzero(labels[:-1] != labels[1:])
    souths, norths = labels[rows, columns], labels[rows + 1, columns]
    for row, column, south, north in _together(rows, columns, souths, norths):
        _join(steps, (column, row + 1), (column + 1, row + 1), (north, south))
    return steps


def _together(*columns: npt.NDArray[np.signedinteger]) -> list[list[int]]:
    found: list[list[int]] = np.column_stack(columns).tolist()
    return found


def _join(steps: Steps, here: Corner, there: Corner, sides: Sides) -> None:
    left, right = sides
    steps[here][there] = (left, right)
    steps[there][here] = (right, left)


def _walk(steps: Steps, meeting: set[Corner], start: Corner) -> Border:
    """Along a border from `start`; its steps are gone then."""
    here, there = start, next(iter(steps[start]))
    left, right = steps[here][there]
    corners = [start]
    while True:
        del steps[here][there], steps[there][here]
        corners.append(there)
        if there == start or there in meeting:
            return Border(corners, left, right)
        here, there = there, next(iter(steps[there]))
