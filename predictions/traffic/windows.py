"""A window of time in pieces that the counts have."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from predictions.traffic.models import KEPT
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
    return Window(last - (span.bins - 1) * span.bin, end, span.bin, span.bins)


def pieces(start: datetime, end: datetime, largest: int) -> list[Piece]:
    """[start, end), both whole minutes, in the coarsest grains up to `largest`."""
    if start >= end:
        return []
    grain = max(grain for grain in KEPT if grain <= largest)
    first, last = floor(start + timedelta(minutes=grain - 1), grain), floor(end, grain)
    if first >= last:
        return pieces(start, end, grain - 1)
    return [
        *pieces(start, first, grain - 1),
        Piece(grain, first, last),
        *pieces(last, end, grain - 1),
    ]


def floor(moment: datetime, minutes: int) -> datetime:
    step = 60 * minutes
    return datetime.fromtimestamp(moment.timestamp() // step * step, UTC)


def minutes_of(length: timedelta) -> int:
    return round(length.total_seconds() / 60)
