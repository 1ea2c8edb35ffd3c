"""How far two columns of predictions are apart, in bounded memory."""

import heapq
import random
import uuid
from array import array
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

SHOWN = 5
# Of more differences than this, quantiles are taken from as many, drawn at random.
SAMPLED = 1_000_000


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    absolute: float
    """In the predictor's currency, never negative; so is `relative`, a fraction of `logged`."""
    id: uuid.UUID
    logged: float
    now: float

    @property
    def relative(self) -> float | None:
        return self.absolute / abs(self.logged) if self.logged else None


@dataclass(frozen=True, slots=True)
class Spread:
    median: float
    ninetieth: float
    """The 90th percentile."""
    largest: float


@dataclass(slots=True)
class Differences:
    count: int = 0
    _absolute: "array[float]" = field(default_factory=lambda: array("d"))
    _relative: "array[float]" = field(default_factory=lambda: array("d"))
    _largest: list[Difference] = field(default_factory=list)
    _largest_relative: float = 0.0
    _random: random.Random = field(default_factory=lambda: random.Random(0))  # noqa: S311

    def add(self, identity: uuid.UUID, logged: float, now: float) -> None:
        difference = Difference(abs(now - logged), identity, logged, now)
        self.count += 1
        if len(self._largest) < SHOWN:
            heapq.heappush(self._largest, difference)
        else:
            heapq.heappushpop(self._largest, difference)
        relative = difference.relative
        # Nothing is a fraction of zero.
        kept = float("nan") if relative is None else relative
        self._largest_relative = max(self._largest_relative, relative or 0.0)
        if len(self._absolute) < SAMPLED:
            self._absolute.append(difference.absolute)
            self._relative.append(kept)
        elif (place := self._random.randrange(self.count)) < SAMPLED:
            self._absolute[place] = difference.absolute
            self._relative[place] = kept

    @property
    def largest(self) -> list[Difference]:
        """The few largest, by absolute difference."""
        return sorted(self._largest, reverse=True)

    @property
    def absolute(self) -> Spread:
        return _spread(np.array(self._absolute), max(self._largest).absolute)

    @property
    def relative(self) -> Spread | None:
        """None if every logged value was zero."""
        known = np.array(self._relative)
        known = known[~np.isnan(known)]
        return _spread(known, self._largest_relative) if len(known) else None


def _spread(sample: npt.NDArray[np.float64], largest: float) -> Spread:
    median, ninetieth = np.quantile(sample, (0.5, 0.9))
    return Spread(median=float(median), ninetieth=float(ninetieth), largest=largest)
