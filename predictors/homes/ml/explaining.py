"""What a model of home values can say beside its estimate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.float64]
Confidence = Literal["high", "medium", "low"]


@dataclass(frozen=True, slots=True)
class Interval:
    """Where the price lies with probability `level`, USD."""

    level: float
    lower: float
    upper: float
    fsd: float
    """Forecast standard deviation: of the relative error, as vendors of AVMs publish it."""
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Comparable:
    """A real sale that the model holds much alike."""

    id: str
    date: date
    price: float
    price_per_sqft: float
    distance_miles: float
    similarity: float
    """0 to 1."""
    adjustment: float
    """USD that the model adds to this price for the differences between that home, on its day, and
    the one that is valued."""
    adjusted_price: float
    facts: Mapping[str, float | str]
    """Of the home that was sold."""


@dataclass(frozen=True, slots=True)
class OwnSale:
    """A sale that is no comparable: it is, or may be, of the very home that is valued."""

    id: str
    date: date
    price: float
    reason: str


@dataclass(frozen=True, slots=True)
class ComparableSales:
    sales: Sequence[Comparable]
    """At most five, the most alike first; none after the valuation date."""
    own: Sequence[OwnSale]


@dataclass(frozen=True, slots=True)
class Contributions:
    """`base` and all of `groups` add up to the estimate, to the cent. USD."""

    base: float
    base_home: Mapping[str, float | str]
    """The home whose estimate `base` is."""
    groups: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Caution:
    """A reason to trust this estimate less."""

    code: str
    detail: str
    field: str | None = None
    accepted: str | None = None
    """The range that the model has seen."""


@runtime_checkable
class Explains(Protocol):
    """`row` is `(1, n_features)`: the model's inputs, in its order."""

    def interval(self, row: Rows) -> Interval: ...

    def comparables(self, row: Rows) -> ComparableSales: ...

    def contributions(self, row: Rows) -> Contributions: ...

    def warnings(self, row: Rows, today: date) -> Sequence[Caution]: ...
