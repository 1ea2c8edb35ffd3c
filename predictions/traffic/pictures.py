"""What was asked of the predictors in a window of time, in figures."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta

PERCENTILES = (0.5, 0.95, 0.99)
MOST_CALLERS = 20
MOST_VERSIONS = 20


@dataclass(frozen=True, slots=True)
class Span:
    """How far back a window goes at most, the length of its bins, and with what it begins."""

    length: timedelta
    bin: timedelta
    begins_with: timedelta
    """UTC; the beginning of one of them. Totals of a month are summed up from whole days."""


MINUTE, QUARTER = timedelta(minutes=1), timedelta(minutes=15)
SPANS: Mapping[str, Span] = {
    "1h": Span(timedelta(hours=1), MINUTE, MINUTE),
    "24h": Span(timedelta(days=1), QUARTER, QUARTER),
    "30d": Span(timedelta(days=30), timedelta(hours=6), timedelta(days=1)),
}


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows of the log. What was asked in a file is counted apart: `batch_rows`."""

    answered: int = 0
    """2xx, as are all below 400."""
    client_errors: int = 0
    """4xx"""
    server_errors: int = 0
    """5xx"""
    batch_rows: int = 0
    """Rows of files, whatever became of them; in none of the others."""

    @property
    def total(self) -> int:
        """Asked one by one, or in a list."""
        return self.answered + self.client_errors + self.server_errors

    def plus(self, others: Iterable["Counts"]) -> "Counts":
        return Counts(*map(sum, zip(*map(astuple, (self, *others)), strict=True)))

    def without(self, others: Iterable["Counts"]) -> "Counts":
        taken = Counts().plus(others)
        return Counts(*(a - b for a, b in zip(astuple(self), astuple(taken), strict=True)))


@dataclass(frozen=True, slots=True)
class Latency:
    """Percentiles in milliseconds of what was answered (2xx), without batches.

    Each is the value that so many did not exceed (`percentile_disc`), rounded to two digits; None
    where nothing was answered.
    """

    p50: float | None = None
    p95: float | None = None
    p99: float | None = None


@dataclass(frozen=True, slots=True)
class Bin:
    start: datetime
    counts: Counts
    latency: Latency


@dataclass(frozen=True, slots=True)
class Endpoint:
    predictor: str
    endpoint: str
    """A path, or `batch`: rows of files."""
    statuses: Mapping[int, int]
    """Rows by HTTP status, smallest first."""
    latency: Latency
    """None for `batch`."""

    @property
    def total(self) -> int:
        return sum(self.statuses.values())

    @property
    def answered(self) -> int:
        return self._between(0, 400)

    @property
    def client_errors(self) -> int:
        return self._between(400, 500)

    @property
    def server_errors(self) -> int:
        return self._between(500, 1000)

    def _between(self, least: int, end: int) -> int:
        return sum(count for status, count in self.statuses.items() if least <= status < end)


@dataclass(frozen=True, slots=True)
class Caller:
    caller: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class Version:
    predictor: str
    version: int | None
    """None: refused before a version was chosen, or none was active."""
    name: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class Others:
    """Those that are not in a list of the largest."""

    number: int
    counts: Counts


@dataclass(frozen=True, slots=True)
class Picture:
    window: str
    """A key of SPANS."""
    start: datetime
    """Rows whose id (UUIDv7) was made from then on, UTC …"""
    end: datetime
    """… and before this: what came later is not counted here yet."""
    bin: timedelta
    counted_until: datetime | None
    """What was written to the log before then is counted; None: nothing was ever counted."""
    bins: Sequence[Bin]
    """All bins from `start` to `end`, empty ones too, oldest first."""
    counts: Counts
    statuses: Mapping[int, int]
    """Rows by HTTP status without batches, smallest first."""
    latency: Latency
    endpoints: Sequence[Endpoint]
    """Most rows first."""
    callers: Sequence[Caller]
    """The MOST_CALLERS with most rows."""
    other_callers: Others
    versions: Sequence[Version]
    """The MOST_VERSIONS with most rows."""
    other_versions: Others
