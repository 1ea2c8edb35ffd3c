"""What became of predictions, and how good they were."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, NotRequired, TypedDict

from valuation_client.errors import Fault
from valuation_client.homes import Data

OutcomeWord = Literal["recorded", "corrected", "unchanged", "refused", "unmatched"]


class Outcome(TypedDict):
    """What one home really sold for."""

    id: str
    """Of the prediction."""
    actual: float
    """USD."""
    date: str | date
    """Of the sale."""
    parcel: NotRequired[str]
    """King County's number, if you know it."""


@dataclass(frozen=True, slots=True)
class TrainingData:
    """Whether models will learn from the sale."""

    result: str
    """`added`, `corrected`, `known` or `left out`."""
    reason: str


@dataclass(frozen=True, slots=True)
class OutcomeResult:
    id: str | None
    result: OutcomeWord
    item: int | None = None
    """Its place in the list, from 0."""
    line: int | None = None
    """Of a CSV."""
    training_data: TrainingData | None = None
    errors: tuple[Fault, ...] = ()
    """Why it was refused."""


@dataclass(frozen=True, slots=True)
class OutcomesRecorded:
    """How many of each, and each."""

    recorded: int
    corrected: int
    unchanged: int
    refused: int
    unmatched: int
    items: tuple[OutcomeResult, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    n: int
    """Outcomes whose prediction has an interval."""
    promised: float
    coverage: float | None
    """Share that it held, %."""


@dataclass(frozen=True, slots=True)
class AccuracyFigures:
    """None: too few outcomes to tell. docs/outcomes.md says what each is."""

    n: int
    first_date: date | None
    last_date: date | None
    mdape: float | None
    within_5: float | None
    within_10: float | None
    within_20: float | None
    median_error: float | None
    mean_error: float | None
    mean_ratio: float | None
    naive_mdape: float | None
    median_ratio: float | None
    cod: float | None
    prd: float | None
    interval: Coverage


@dataclass(frozen=True, slots=True, kw_only=True)
class AccuracyGroup(AccuracyFigures):
    group: str
    at_training: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Accuracy:
    predictor: str
    version: int | None
    data: Data
    window: str
    on: Literal["recorded", "sale"]
    since: datetime | None
    by: str
    at_most: int
    cut: bool
    overall: AccuracyFigures
    groups: tuple[AccuracyGroup, ...]
