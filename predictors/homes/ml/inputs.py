"""From sales and demographics to the inputs of a model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Rows = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class HomeData:
    """What is learned from, and where it came from."""

    sales: pd.DataFrame
    """`(n_sales, 21)`: parcel, date, price in USD and the 18 facts, in table order."""
    demographics: pd.DataFrame
    """`(n_zipcodes, 27)`."""
    kind: str | None
    """`real` or `synthetic`."""
    files_sha256: Mapping[str, str]
    """Of what was loaded last into the tables, or of the files used."""
    last_sale_id: int | None = None
    """The largest id in the table of the sales; None: they came from a file."""


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
    columns: dict[str, npt.NDArray[Any]] = {}
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
