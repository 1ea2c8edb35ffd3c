"""Homes: what is asked, and what is answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, NotRequired, TypedDict

from valuation_client.errors import Fault

Data = Literal["real", "synthetic"]
"""`synthetic`: made-up data went into it; it values no real home."""
Include = Literal["interval", "comparables", "contributions", "warnings"]


class Home(TypedDict):
    """The 18 facts of a home. Any mapping with them will do; this one is for type checkers."""

    bedrooms: int
    bathrooms: float
    sqft_living: int
    sqft_lot: int
    floors: float
    waterfront: int
    view: int
    condition: int
    grade: int
    sqft_above: int
    sqft_basement: int
    yr_built: int
    yr_renovated: int
    zipcode: str | int
    lat: float
    long: float
    sqft_living15: int
    sqft_lot15: int
    valuation_date: NotRequired[str | date]


@dataclass(frozen=True, slots=True)
class Model:
    """The exact version that answered."""

    predictor: str
    name: str
    version: int
    digest: str


@dataclass(frozen=True, slots=True)
class Demographics:
    """The census figures that were joined."""

    zipcode: str
    source: str


@dataclass(frozen=True, slots=True)
class Interval:
    """Where the price lies with probability `level`."""

    level: float
    lower: float
    """USD."""
    upper: float
    fsd: float
    """Forecast standard deviation of the relative error."""
    confidence: str
    """`high`, `medium` or `low`."""


@dataclass(frozen=True, slots=True)
class ComparableSale:
    """A real sale of another home."""

    id: str
    """King County's parcel number."""
    date: date
    price: float
    """As paid on that day, USD."""
    price_per_sqft: float
    distance_miles: float
    similarity: float
    """1: the model holds the two alike."""
    adjustment: float
    """USD that the model adds for the differences between the two, and between the days."""
    adjusted_price: float
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OwnSale:
    """A sale that is, or may be, of the very home that is valued."""

    id: str
    date: date
    price: float
    reason: str
    """Why it is held so."""


@dataclass(frozen=True, slots=True)
class Comparables:
    sales: tuple[ComparableSale, ...]
    """The most alike first."""
    own: tuple[OwnSale, ...]


@dataclass(frozen=True, slots=True)
class Contribution:
    group: str
    dollars: float


@dataclass(frozen=True, slots=True)
class Contributions:
    """`base` and all dollars add up to the estimate."""

    base: float
    """Estimate of `base_home`, USD."""
    base_home: Mapping[str, Any]
    groups: tuple[Contribution, ...]


@dataclass(frozen=True, slots=True)
class Caution:
    """A reason to trust the estimate less."""

    code: str
    detail: str
    field: str | None = None
    accepted: str | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """What was answered for one home; it stands in the log of the service under `id`.

    The last four are there if they were asked for by `include`, and None if not, or if the model
    has none.
    """

    id: str
    prediction: float
    """In `currency`."""
    currency: str
    model: Model
    api_version: str
    data: Data
    demographics: Demographics | None = None
    interval: Interval | None = None
    comparables: Comparables | None = None
    contributions: Contributions | None = None
    warnings: tuple[Caution, ...] | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why one home of a list has no estimate; it stands in the log under `id`."""

    id: str
    title: str
    detail: str
    code: str
    errors: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """Of one home of a list: `answer`, or `error`."""

    status: int
    """As if it had come alone."""
    answer: Estimate | None = None
    error: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Estimates:
    """Of a list of homes, in its order."""

    count: int
    answered: int
    refused: int
    model: Model
    api_version: str
    results: tuple[Result, ...]


@dataclass(frozen=True, slots=True)
class RequiredFacts:
    """What the active model needs now."""

    required: tuple[str, ...]
    fields: Mapping[str, Any]
    """JSON Schema of each."""
    example: Mapping[str, Any]
    model: Model
    api_version: str


@dataclass(frozen=True, slots=True)
class RecordedPrediction:
    """A request of the log, with what was answered then, to the letter."""

    id: str
    asked_at: datetime
    predictor: str
    status: int
    request: Any
    response: Mapping[str, Any] | None
    """None: it was refused."""
    error: Mapping[str, Any] | None
    model: Model | None
    is_active_model: bool
    api_version: str
