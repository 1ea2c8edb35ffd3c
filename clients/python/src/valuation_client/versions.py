"""Model versions: which there are, which one answers, and since when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from valuation_client.documents import called


@dataclass(frozen=True, slots=True)
class VersionShort:
    version: int
    name: str
    digest: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A predictor and its active version."""

    predictor: str
    versions: int
    """How many there are."""
    active: VersionShort | None


@dataclass(frozen=True, slots=True)
class Predictors:
    predictors: tuple[Standing, ...]


@dataclass(frozen=True, slots=True)
class VersionSummary:
    predictor: str
    version: int
    name: str
    digest: str
    is_active: bool
    gate: Literal["passed", "failed", "removed"]
    gate_reason: str
    engine: str
    data: str
    headline: Mapping[str, Any]
    created_at: datetime
    created_by: str


@dataclass(frozen=True, slots=True)
class Activation:
    """One switch."""

    at: datetime
    actor: str
    reason: str
    database_user: str
    from_version: int | None = called("from")
    to_version: int | None = called("to")


@dataclass(frozen=True, slots=True)
class VersionDetail(VersionSummary):
    metrics: Mapping[str, Any]
    trained_on: Mapping[str, Any]
    features: tuple[str, ...]
    features_digest: str
    library_versions: Mapping[str, Any]
    code_version: str
    engine_proof: Mapping[str, Any]
    golden_rows: int
    notes: str
    history: tuple[Activation, ...]


@dataclass(frozen=True, slots=True)
class Versions:
    """Newest first, 100 at a time; `next` is where older ones are."""

    predictor: str
    active: int | None
    versions: tuple[VersionSummary, ...]
    next: str | None
    history: tuple[Activation, ...]


@dataclass(frozen=True, slots=True)
class ServingProcess:
    host: str
    pid: int
    version: int | None
    engine: str
    since: datetime | None
    seen_at: datetime
    fault: str
    """Why it does not answer with the active version."""


@dataclass(frozen=True, slots=True)
class Serving:
    predictor: str
    active: VersionShort | None
    converged: bool
    """All processes answer with the active version."""
    processes: tuple[ServingProcess, ...]


@dataclass(frozen=True, slots=True)
class Switched:
    version: VersionSummary
    from_version: int | None = called("from")
    to_version: int = called("to")


@dataclass(frozen=True, slots=True)
class ActiveModel:
    version: int
    name: str
    digest: str
    since: datetime | None


@dataclass(frozen=True, slots=True)
class PredictorVersion:
    predictor: str
    model: ActiveModel | None


@dataclass(frozen=True, slots=True)
class ServiceVersion:
    """Three versions that change for different reasons."""

    api_version: str
    revision: str
    python: str
    predictors: tuple[PredictorVersion, ...]
