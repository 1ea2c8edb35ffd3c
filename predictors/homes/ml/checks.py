"""What is looked at before anything is learned from sales: what is refused, left out or kept."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal

import numpy as np
import pandas as pd

from predictors.homes.ml.schema import DEMOGRAPHIC_COLUMNS, HOME_COLUMNS, HOME_FIELDS

LEAST_SALES = 500
"""Fewer tell too little of seventy zipcodes."""
LEAST_SQFT_PER_BEDROOM = 100
FIRST_DATE = date(1900, 1, 1)
# A home may be sold from the plans.
YEARS_BEFORE_BUILT = 2
SALE_COLUMNS = ("parcel", "date", "price", *HOME_COLUMNS)


class UnfitData(ValueError):
    """Nothing is learned from such data; the message names each check that failed."""


@dataclass(frozen=True, slots=True)
class Finding:
    check: str
    rows: int
    decision: Literal["refused", "left out", "kept"]
    why: str


@dataclass(frozen=True, slots=True)
class CheckedSales:
    sales: pd.DataFrame
    """Without what was left out; the order and the index as before."""
    findings: tuple[Finding, ...]

    def as_json(self) -> list[dict[str, Any]]:
        return [asdict(finding) for finding in self.findings]


def checked(sales: pd.DataFrame, demographics: pd.DataFrame) -> CheckedSales:
    """Raises UnfitData for what cannot be true, or is too little."""
    _require_columns(sales, SALE_COLUMNS, "sales")
    _require_columns(demographics, ("zipcode", *DEMOGRAPHIC_COLUMNS), "demographics")
    missing = int(_missing(sales).sum())
    if missing:  # nothing else can be asked of such rows
        raise UnfitData(f"missing: {missing} rows, a value is missing or no number")
    findings = [
        Finding(check, int(rows.sum()), decision, why)
        for check, (find, decision, why) in CHECKS.items()
        if (rows := find(sales)).any()
    ]
    findings += _of_all(sales, demographics)
    refused = [f"{f.check}: {f.rows} rows, {f.why}" for f in findings if f.decision == "refused"]
    if refused:
        raise UnfitData("; ".join(refused))
    return CheckedSales(plausible(sales), tuple(findings))


def plausible(sales: pd.DataFrame) -> pd.DataFrame:
    """Those that are learned from: without what is left out."""
    return sales[~_crammed(sales)]


def refusals(sales: pd.DataFrame) -> list[str]:
    """Of each row alone why nothing could be learned with it, or nothing: `(n_rows,)`."""
    reasons = [""] * len(sales)
    for find in (_out_of_range, _impossible_date, _built_long_after, _parts_do_not_add_up):
        (why,) = (said for found, _, said in CHECKS.values() if found is find)
        for place in find(sales).to_numpy().nonzero()[0]:
            reasons[place] = why
    return reasons


def _require_columns(frame: pd.DataFrame, names: tuple[str, ...], title: str) -> None:
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise UnfitData(f"{title}: no column {', '.join(missing)}")


def _of_all(sales: pd.DataFrame, demographics: pd.DataFrame) -> Iterator[Finding]:
    """What no single row tells."""
    if len(sales) < LEAST_SALES:
        yield Finding(
            "few-sales", len(sales), "refused", f"at least {LEAST_SALES} are needed to learn from"
        )
    unknown = ~sales["zipcode"].isin(demographics["zipcode"])
    if unknown.any():
        yield Finding(
            "zipcode-without-demographics", int(unknown.sum()), "refused", "nothing to join"
        )
    if demographics["zipcode"].duplicated().any():
        rows = int(demographics["zipcode"].duplicated().sum())
        yield Finding("demographics-twice", rows, "refused", "which of them is meant?")


def _missing(sales: pd.DataFrame) -> "pd.Series[bool]":
    numbers = sales[["price", *HOME_COLUMNS]].drop(columns="zipcode").astype(float).to_numpy()
    wrong = pd.Series(~np.isfinite(numbers).all(axis=1), index=sales.index)
    return wrong | sales[list(SALE_COLUMNS)].isna().any(axis=1)


def _out_of_range(sales: pd.DataFrame) -> "pd.Series[bool]":
    wrong = ~(sales["price"].astype(float) > 0)
    for field in HOME_FIELDS:
        if field.kind != "zipcode":
            wrong |= ~sales[field.name].between(field.minimum, field.maximum)
    return wrong


def _twice(sales: pd.DataFrame) -> "pd.Series[bool]":
    return sales.duplicated(["parcel", "date"])


def _impossible_date(sales: pd.DataFrame) -> "pd.Series[bool]":
    dates = sales["date"]
    return (dates < FIRST_DATE) | (dates > date.today())


def _built_long_after(sales: pd.DataFrame) -> "pd.Series[bool]":
    return sales["yr_built"] > _year(sales) + YEARS_BEFORE_BUILT


def _built_after(sales: pd.DataFrame) -> "pd.Series[bool]":
    years = _year(sales)
    later = (sales["yr_built"] > years) | (sales["yr_renovated"] > years)
    return later & ~_built_long_after(sales)


def _year(sales: pd.DataFrame) -> "pd.Series[int]":
    return pd.Series([day.year for day in sales["date"]], index=sales.index)


def _parts_do_not_add_up(sales: pd.DataFrame) -> "pd.Series[bool]":
    return sales["sqft_living"] != sales["sqft_above"] + sales["sqft_basement"]


def _crammed(sales: pd.DataFrame) -> "pd.Series[bool]":
    return sales["bedrooms"] * LEAST_SQFT_PER_BEDROOM > sales["sqft_living"]


def _resold(sales: pd.DataFrame) -> "pd.Series[bool]":
    return sales.duplicated("parcel", keep=False)


def _alike_elsewhere(sales: pd.DataFrame) -> "pd.Series[bool]":
    return sales.duplicated(list(HOME_COLUMNS), keep=False) & ~_resold(sales)


def _without_rooms(sales: pd.DataFrame) -> "pd.Series[bool]":
    return (sales["bedrooms"] == 0) | (sales["bathrooms"] == 0)


Find = Callable[[pd.DataFrame], "pd.Series[bool]"]
# What is asked of every row, what is done with those found, and why.
CHECKS: dict[str, tuple[Find, Literal["refused", "left out", "kept"], str]] = {
    "out-of-range": (_out_of_range, "refused", "beyond what the API accepts of a home"),
    "twice": (_twice, "refused", "the same parcel on the same day: counted twice"),
    "impossible-date": (_impossible_date, "refused", "before 1900, or in the future"),
    "built-long-after-sale": (
        _built_long_after,
        "refused",
        f"built more than {YEARS_BEFORE_BUILT} years after it was sold",
    ),
    "parts-do-not-add-up": (
        _parts_do_not_add_up,
        "refused",
        "sqft_living is not sqft_above + sqft_basement",
    ),
    "crammed": (
        _crammed,
        "left out",
        f"less than {LEAST_SQFT_PER_BEDROOM} sqft for each bedroom: a typing error",
    ),
    "built-after-sale": (
        _built_after,
        "kept",
        "built or renovated in a year after the sale: sold from the plans",
    ),
    "resold": (
        _resold,
        "kept",
        "each is a real price; all sales of a parcel are kept in one part when parts are cut",
    ),
    "alike-elsewhere": (
        _alike_elsewhere,
        "kept",
        "other parcels with the very same facts: homes built alike",
    ),
    "without-rooms": (
        _without_rooms,
        "kept",
        "no bedroom or no bathroom: a shell or a studio, or not counted; the price is real",
    ),
}
