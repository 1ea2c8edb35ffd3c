"""From sales and demographics to the inputs of a model."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

Rows = npt.NDArray[np.float64]

VALUATION_DATE = "valuation_date"
"""As a number: the proleptic Gregorian ordinal of `datetime.date`; 0: not given."""


def inputs_of(
    sales: pd.DataFrame, demographics: pd.DataFrame, feature_names: Sequence[str]
) -> pd.DataFrame:
    """`(n_sales, n_features)` float64: every home as it was on the day of its sale.

    `sales` has the columns of HOME_COLUMNS and `date`; `demographics` one row per zipcode. Raises
    ValueError when demographics of a zipcode are missing.
    """
    known = demographics.set_index("zipcode")
    unknown = sorted(set(sales["zipcode"]) - set(known.index))
    if unknown:
        raise ValueError(f"no demographics of {', '.join(unknown)}")
    columns: dict[str, Rows] = {}
    for name in feature_names:
        if name == VALUATION_DATE:
            columns[name] = ordinals(sales["date"])
        elif name in known.columns:
            columns[name] = sales["zipcode"].map(known[name]).to_numpy(dtype=np.float64)
        else:
            columns[name] = sales[name].astype(np.float64).to_numpy()
    return pd.DataFrame(columns, index=sales.index)


def ordinals(dates: "pd.Series[date]") -> Rows:
    """`(n,)` days."""
    return np.array([day.toordinal() for day in dates], dtype=np.float64)
