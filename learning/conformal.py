"""Prediction intervals that hold what they say: normalised conformal prediction with groups.

Split conformal prediction takes the quantile of errors on data that the model has not seen
(Vovk, Gammerman & Shafer 2005). Normalised: errors are divided by what a second model expects of
their size (Papadopoulos et al. 2002), so that an odd home has a wider interval than a common one.
With groups (Mondrian): every zipcode and every price band has a quantile of its own, drawn to that
of all where the group is small.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]
ROUNDS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Quantiles:
    """Half of an interval's width = expected size of the error × `zones[zone]` × `bands[band]`."""

    level: float
    zones: Rows
    """`(n_zones + 1,)`; the last for a zone that was not there."""
    edges: Rows
    """`(n_bands - 1,)`: where the bands of the estimate meet."""
    bands: Rows

    def __call__(self, zone: Codes, estimate: Rows) -> Rows:
        """`(n_rows,)`; `zone` as when it was fitted, `estimate` in the unit of the edges."""
        bands = np.searchsorted(self.edges, estimate, side="right")
        factor: Rows = self.zones[zone] * self.bands[bands]
        return factor


def fit_quantiles(
    score: Rows,
    zone: Codes,
    n_zones: int,
    estimate: Rows,
    *,
    level: float,
    bands: int,
    shrink: float,
) -> Quantiles:
    """`score` `(n_rows,)`: |error| / expected size, of rows the model had not seen.

    A zone of n rows keeps n / (n + `shrink`) of its own deviation from all. Zones and bands are
    fitted in turns, each to what the other leaves.
    """
    edges = np.quantile(estimate, np.linspace(0, 1, bands + 1)[1:-1])
    band = np.searchsorted(edges, estimate, side="right")
    zones, levels = np.ones(n_zones + 1), np.ones(bands)
    for _ in range(ROUNDS):
        left = score / zones[zone]
        levels = np.array([upper_quantile(left[band == b], level) for b in range(bands)])
        left = score / levels[band]
        for z in range(n_zones):
            own = left[zone == z]
            if len(own):
                weight = len(own) / (len(own) + shrink)
                zones[z] = np.exp(weight * np.log(upper_quantile(own, level)))
    # Of a zone that was not there nobody knows: as wide as in one of ten.
    zones[-1] = np.quantile(zones[:-1], 0.9)
    return Quantiles(level, zones, edges, levels)


def upper_quantile(score: Rows, level: float) -> float:
    """The ⌈(n + 1) level⌉-th smallest of n: covers a new one with at least that probability."""
    rank = min(int(np.ceil((len(score) + 1) * level)), len(score))
    return float(np.partition(score, rank - 1)[rank - 1])
