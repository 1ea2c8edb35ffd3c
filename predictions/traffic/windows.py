"""A window of time in pieces that the counts have."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from predictions.traffic.pictures import SPANS


class Piece(NamedTuple):
    grain: int
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Window:
    start: datetime
    """The beginning of a bin."""
    end: datetime
    """A whole minute in the last bin, or its end."""
    bin: timedelta
    bins: int


def window_until(moment: datetime, *, name: str) -> Window:
    """One of SPANS that ends with the last whole minute. Raises KeyError."""
    span = SPANS[name]
    end = floor(moment, 1)
    last = floor(end - timedelta(minutes=1), minutes_of(span.bin))
    start = ceiling(last + span.bin - span.length, minutes_of(span.begins_with))
    return Window(start, end, span.bin, (last - start) // span.bin + 1)


def pieces(start: datetime, end: datetime, grains: Collection[int]) -> list[Piece]:
    """[start, end), both whole minutes, in the coarsest of `grains` (minutes) that fit."""
    if start >= end:
        return []
    grain = max(grains)
    finer = [other for other in grains if other < grain]
    first, last = ceiling(start, grain), floor(end, grain)
    if first >= last:
        return pieces(start, end, finer)
    return [*pieces(start, first, finer), Piece(grain, first, last), *pieces(last, end, finer)]


def ceiling(moment: datetime, minutes: int) -> datetime:
    return floor(moment + timedelta(minutes=minutes, microseconds=-1), minutes)


def floor(moment: datetime, minutes: int) -> datetime:
    step = 60 * minutes
    return datetime.fromtimestamp(moment.timestamp() // step * step, UTC)


def minutes_of(length: timedelta) -> int:
    return round(length.total_seconds() / 60)
