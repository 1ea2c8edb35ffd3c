"""Errors by kind of home and by kind of zipcode. All of homes the fits had not seen."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from learning.metrics import valuation_metrics
from learning.ratio_study import LEAST_SALES, ratio_intervals, ratio_statistics

GROUP_DRAWS = 300
"""A group is small and there are many: fewer draws than for the whole."""

BANDS = ("income", "education", "urban")
AGES = ((-1, 5), (6, 20), (21, 40), (41, 60), (61, 80), (81, 400))
GRADES = ((1, 5), (6, 6), (7, 7), (8, 8), (9, 9), (10, 10), (11, 13))


def out_of_fold(
    sales: pd.DataFrame, demographics: pd.DataFrame, places: Any, estimates: Any
) -> pd.DataFrame:
    """Each sale with its estimate by the fit that had not seen it, `(n_sales, …)`, table order."""
    frame = sales.iloc[places].assign(estimate=estimates).sort_index()
    frame = frame.merge(demographics, on="zipcode", how="left")
    years = pd.to_datetime(frame["date"]).dt.year
    more: pd.DataFrame = frame.assign(
        price=frame["price"].astype(float),
        error=frame["estimate"] / frame["price"].astype(float) - 1,
        age=years - frame["yr_built"].astype(int),
        degree=frame["per_bchlr"] + frame["per_prfsnl"],
    )
    return more


def by_home(frame: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """Residuals by price, zipcode, age and grade."""
    deciles = pd.qcut(frame["price"], 10, duplicates="drop")
    zipcodes = frame["zipcode"].astype(str)
    return {
        "price": _groups(frame, deciles.map(_dollars).astype(str), _in_order(deciles, _dollars)),
        "age": _groups(frame, *_ranges(frame["age"], AGES)),
        "grade": _groups(frame, *_ranges(frame["grade"], GRADES)),
        "zipcode": _groups(frame, zipcodes, sorted(zipcodes.unique())),
    }


def by_zipcode_band(frame: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Bands of zipcodes, not of people: what the Census says of the zipcode that a home is in."""
    return {
        "income": {
            "title": "median household income of the zipcode, USD",
            "bands": _quarters(frame, "medn_hshld_incm_amt", "{:,.0f}"),
        },
        "education": {
            "title": "residents of the zipcode with a bachelor's or professional degree, %",
            "bands": _quarters(frame, "degree", "{:.0f}"),
        },
        "urban": {
            "title": "residents of the zipcode who live in an urbanised area, %",
            "bands": _groups(frame, *_ranges(frame["per_urbn"], ((0, 74), (75, 99), (100, 100)))),
        },
    }


def _quarters(frame: pd.DataFrame, column: str, form: str) -> list[dict[str, Any]]:
    """Four bands with about as many zipcodes each."""
    zipcodes = frame.drop_duplicates("zipcode")[column]
    edges = np.unique(np.quantile(zipcodes, [0, 0.25, 0.5, 0.75, 1]))
    if len(edges) < 2:
        return []
    bands = pd.cut(frame[column], list(edges), include_lowest=True)
    names = [f"{form.format(low)} to {form.format(high)}" for low, high in pairwise(edges)]
    labels = pd.Series([names[code] for code in bands.cat.codes], index=frame.index)
    return _groups(frame, labels, names)


def _groups(
    frame: pd.DataFrame, labels: "pd.Series[str]", order: Sequence[str]
) -> list[dict[str, Any]]:
    return [_group(name, frame[labels == name]) for name in order if (labels == name).any()]


def _group(name: str, rows: pd.DataFrame) -> dict[str, Any]:
    """Of fewer than LEAST_SALES sales nothing but their number."""
    prices, estimates = rows["price"].to_numpy(), rows["estimate"].to_numpy()
    found: dict[str, Any] = {"name": name, "n": len(rows)}
    if len(rows) < LEAST_SALES:
        return found
    metrics = valuation_metrics(prices, estimates)
    return found | {
        "zipcodes": rows["zipcode"].nunique(),
        "median_error": float(100 * rows["error"].median()),
        "quartiles": [float(100 * value) for value in rows["error"].quantile([0.25, 0.75])],
        **{key: metrics[key] for key in ("mdape", "mape", "mae", "within_10", "within_20")},
        **ratio_statistics(prices, estimates),
        "interval": ratio_intervals(prices, estimates, draws=GROUP_DRAWS),
    }


def _ranges(
    values: "pd.Series[Any]", ranges: Sequence[tuple[int, int]]
) -> tuple["pd.Series[str]", list[str]]:
    """Whole numbers from-to as labels, and the labels in order."""
    names = [str(high) if low == high else f"{max(low, 0)} to {high}" for low, high in ranges]
    names[-1] = names[-1] if ranges[-1][0] == ranges[-1][1] else f"{ranges[-1][0]} and more"
    upper = [high for _, high in ranges]
    places = np.searchsorted(upper, values.round().to_numpy(dtype=np.float64))
    labels = pd.Series([names[min(place, len(names) - 1)] for place in places], index=values.index)
    return labels, names


def _in_order(categories: "pd.Series[Any]", name: Any) -> list[str]:
    return [name(interval) for interval in categories.cat.categories]


def _dollars(interval: Any) -> str:
    return f"{interval.left / 1000:,.0f} to {interval.right / 1000:,.0f} thousand"


def worst(groups: Sequence[Mapping[str, Any]], key: str) -> Mapping[str, Any]:
    """The group with the largest `key` among those with enough sales; empty if there are none."""
    known = [group for group in groups if key in group]
    return max(known, key=lambda group: group[key]) if known else {}
