"""What is looked at before anything is learned."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

from predictors.homes.frames import demographics_frame, sales_frame
from predictors.homes.ml.checks import CheckedSales, UnfitData, checked


@pytest.fixture
def sales(db: None) -> pd.DataFrame:
    return sales_frame()


def check(sales: pd.DataFrame) -> CheckedSales:
    return checked(sales, demographics_frame())


def found(sales: pd.DataFrame) -> dict[str, tuple[int, str]]:
    return {f.check: (f.rows, f.decision) for f in check(sales).findings}


def with_first(sales: pd.DataFrame, **values: Any) -> pd.DataFrame:
    changed = sales.astype(object)
    for name, value in values.items():
        changed.loc[changed.index[0], name] = value
    return changed.infer_objects()


def test_it_works(sales: pd.DataFrame) -> None:
    result = check(sales)
    assert result.sales.equals(sales)
    assert found(sales) == {"resold": (40, "kept")}


def test_a_home_of_33_bedrooms_is_left_out(sales: pd.DataFrame) -> None:
    odd = with_first(sales, bedrooms=33, sqft_living=1620, sqft_above=1040, sqft_basement=580)
    assert found(odd)["crammed"] == (1, "left out")
    assert check(odd).sales.equals(odd.iloc[1:])


def test_what_is_odd_but_may_be_true_is_kept_and_told(sales: pd.DataFrame) -> None:
    sold = sales["date"].iloc[0].year
    assert found(with_first(sales, yr_built=sold + 1))["built-after-sale"] == (1, "kept")
    assert found(with_first(sales, bedrooms=0))["without-rooms"] == (1, "kept")
    twin = pd.concat([sales, sales.iloc[[0]].assign(parcel="9999999999")], ignore_index=True)
    assert found(twin)["alike-elsewhere"] == (2, "kept")


@pytest.mark.parametrize(
    ("check_name", "change"),
    [
        ("missing", lambda sales: with_first(sales, grade=float("nan"))),
        ("missing", lambda sales: with_first(sales, price=float("inf"))),
        ("out-of-range", lambda sales: with_first(sales, price=-1.0)),
        ("out-of-range", lambda sales: with_first(sales, condition=9)),
        ("twice", lambda sales: pd.concat([sales, sales.iloc[:1]], ignore_index=True)),
        (
            "impossible-date",
            lambda sales: with_first(sales, date=date.today() + timedelta(days=2), yr_built=2000),
        ),
        ("impossible-date", lambda sales: with_first(sales, date=date(1014, 5, 2))),
        ("built-long-after-sale", lambda sales: with_first(sales, yr_built=2030)),
        ("parts-do-not-add-up", lambda sales: with_first(sales, sqft_above=1)),
        ("few-sales", lambda sales: sales.iloc[:499]),
        ("zipcode-without-demographics", lambda sales: with_first(sales, zipcode="99999")),
    ],
)
def test_what_cannot_be_true_is_refused(
    sales: pd.DataFrame, check_name: str, change: Callable[[pd.DataFrame], pd.DataFrame]
) -> None:
    with pytest.raises(UnfitData, match=f"{check_name}: "):
        check(change(sales))


def test_columns_that_are_missing_are_named(sales: pd.DataFrame) -> None:
    with pytest.raises(UnfitData, match="sales: no column grade, lat"):
        check(sales.drop(columns=["grade", "lat"]))


def test_demographics_are_looked_at_too(sales: pd.DataFrame) -> None:
    twice = pd.concat([demographics_frame(), demographics_frame().iloc[:1]])
    with pytest.raises(UnfitData, match="demographics-twice"):
        checked(sales, twice)
