"""Whether the 90 % intervals hold 90 % of the prices: overall, and where they hold fewest."""

from typing import Any

import numpy as np
import numpy.typing as npt

from learning.ratio_study import LEAST_SALES
from learning.resampling import bootstrap

Rows = npt.NDArray[np.float64]

TARGETS = {
    "share": (89.0, 91.5),
    "worst_zipcode": (85.0, 100.0),
    "worst_decile": (88.0, 100.0),
}
"""In %: what an interval called «90 %» must keep to be called so."""


def coverage(
    actual: Rows, estimates: Rows, lower: Rows, upper: Rows, *, zipcodes: npt.NDArray[Any]
) -> dict[str, Any]:
    """All arrays `(n_homes,)`, USD. Shares in %; widths relative to the estimate, in %.

    Deciles are of the estimate, which is known when an interval is given; the price is not.
    """
    inside = ((actual >= lower) & (actual <= upper)).astype(np.float64)
    width = (upper - lower) / estimates

    def figures(inside: Rows, width: Rows) -> dict[str, float]:
        return {"share": 100 * float(inside.mean()), "mean_width": 100 * float(width.mean())}

    deciles = np.argsort(np.argsort(estimates, kind="stable"), kind="stable") * 10 // len(estimates)
    by_zipcode = {
        str(code): _share(inside[zipcodes == code])
        for code in np.unique(zipcodes)
        if (zipcodes == code).sum() >= LEAST_SALES
    }
    by_decile = {str(decile + 1): _share(inside[deciles == decile]) for decile in range(10)}
    return {
        "n": len(inside),
        **figures(inside, width),
        "median_width": 100 * float(np.median(width)),
        "interval": bootstrap(figures, inside, width),
        "worst_zipcode": _worst(by_zipcode),
        "worst_decile": _worst(by_decile),
        "by_zipcode": by_zipcode,
        "by_decile": by_decile,
    }


def _share(inside: Rows) -> dict[str, float]:
    return {"n": len(inside), "share": 100 * float(inside.mean())}


def _worst(shares: dict[str, dict[str, float]]) -> dict[str, Any]:
    """Empty if no group is large enough."""
    if not shares:
        return {}
    name = min(shares, key=lambda name: shares[name]["share"])
    return {"name": name, **shares[name]}
