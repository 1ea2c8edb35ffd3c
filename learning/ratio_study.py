"""The ratio study of mass appraisal: estimates over sale prices.

Figures and ranges of the International Association of Assessing Officers, Standard on Ratio
Studies (approved April 2013): acceptable ranges in section 9 with table 1-3 (COD) and 9.2.7 (PRD,
PRB), examples in tables 1-1 and 1-4, the PRB in appendix D. The standard is for assessors, who
value all homes of a county at one date; here it is applied to estimates for the day of each sale.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from learning.resampling import DRAWS, bootstrap

Values = npt.NDArray[np.float64]

LEAST_SALES = 30
"""Of fewer sales in a group no ratio statistics are shown."""


@dataclass(frozen=True, slots=True)
class StandardRange:
    lowest: float
    highest: float
    meaning: str


STANDARD_RANGES = {
    "median_ratio": StandardRange(0.90, 1.10, "level: estimates neither high nor low overall"),
    "cod": StandardRange(5.0, 15.0, "uniformity: older or heterogeneous single-family homes"),
    "prd": StandardRange(0.98, 1.03, "above: dear homes are valued relatively lower than cheap"),
    "prb": StandardRange(-0.05, 0.05, "below: as above; change of the ratio per doubled value"),
}
HOMOGENEOUS_COD = StandardRange(5.0, 10.0, "uniformity: newer or homogeneous areas")


def ratio_statistics(prices: Values, estimates: Values) -> dict[str, float]:
    """Of two arrays `(n_sales,)`, USD: no unit but COD, which is in %.

    COD: the mean absolute deviation from the median ratio, in % of it. PRD: the mean ratio over
    the ratio weighted by price. PRB: the slope of the ratio's relative difference to the median
    on ln(value) / ln(2), the value being half the price plus half the estimate over the median
    ratio, so that an error of neither of them alone makes a trend.
    """
    prices = np.asarray(prices, dtype=np.float64)
    estimates = np.asarray(estimates, dtype=np.float64)
    ratios = estimates / prices
    median = float(np.median(ratios))
    doublings = np.log2(0.5 * prices + 0.5 * estimates / median)
    centred = doublings - doublings.mean()
    spread = float(centred @ centred)
    return {
        "median_ratio": median,
        "cod": float(100 * np.mean(np.abs(ratios - median)) / median),
        "prd": float(ratios.mean() / (estimates.sum() / prices.sum())),
        "prb": float(centred @ (ratios - median) / median / spread) if spread else float("nan"),
    }


def ratio_intervals(
    prices: Values, estimates: Values, *, draws: int = DRAWS
) -> dict[str, list[float]]:
    """95 % bootstrap intervals, `[lower, upper]`, of what `ratio_statistics` gives."""
    return bootstrap(ratio_statistics, prices, estimates, draws=draws)


def verdict(name: str, value: float, interval: list[float] | None = None) -> str:
    """In words, whether a figure lies in the standard's range.

    As in the standard, a range is missed for sure only if the confidence interval lies outside of
    it as well. For an assessor a COD below 5 is suspect, as it may mean that homes were valued by
    the very sales they are compared with; a model that is tested on sales it never saw cannot
    have done that, so here lower is better.
    """
    limits = STANDARD_RANGES[name]
    lowest = 0.0 if name == "cod" else limits.lowest
    if lowest <= value <= limits.highest:
        return "within"
    if interval is not None and interval[0] <= limits.highest and interval[1] >= lowest:
        return "outside, but not surely"
    return "outside"
