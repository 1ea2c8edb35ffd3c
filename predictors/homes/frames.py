"""Sales and demographics as data frames: from the tables, or from files that stand in for them."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from predictions.errors import NotReady
from predictors.homes.files import (
    DEMOGRAPHIC_CELLS,
    SALE_CELLS,
    DataFile,
    read_demographics,
    read_sales,
)
from predictors.homes.ml.inputs import HomeData
from predictors.homes.ml.schema import DEMOGRAPHIC_COLUMNS, HOME_COLUMNS
from predictors.homes.models import DataLoad, Sale, ZipcodeDemographics

FILES = (DataLoad.Dataset.SALES, DataLoad.Dataset.DEMOGRAPHICS)


def home_data(
    files: Mapping[str, Path] | None = None, held_out: Mapping[str, Any] | None = None
) -> HomeData:
    """A file, `sales` or `demographics`, stands in for its table. Raises DataError, NotReady.

    `held_out`: the rule of sales in the table that are left out (`unseen`).
    """
    files = files or {}
    sales = read_sales(files["sales"]) if "sales" in files else None
    demographics = read_demographics(files["demographics"]) if "demographics" in files else None
    latest = {dataset.value: DataLoad.objects.latest_of(dataset) for dataset in FILES}
    digests = {name: load.sha256 for name, load in latest.items() if load is not None}
    digests |= {"sales": sales.sha256} if sales else {}
    digests |= {"demographics": demographics.sha256} if demographics else {}
    stored = _stored_sales()
    if held_out:
        stored = stored[~follows(stored, held_out)]
    data = HomeData(
        sales=stored.drop(columns="id") if sales is None else _sales(sales),
        demographics=_frame(demographics, DEMOGRAPHIC_CELLS)
        if demographics
        else demographics_frame(),
        kind=_kind(sales, demographics),
        files_sha256=digests,
        last_sale_id=None if sales or stored.empty else int(stored["id"].max()),
    )
    if data.sales.empty or data.demographics.empty:
        raise NotReady("load sales and demographics first: load_sales, load_demographics")
    return data


def _kind(sales: DataFile | None, demographics: DataFile | None) -> str | None:
    """Of what is used: with both files the tables do not matter."""
    read = [file.is_synthetic for file in (sales, demographics) if file is not None]
    if any(read):
        return "synthetic"
    return "real" if len(read) == 2 else data_kind()


def _sales(file: DataFile) -> pd.DataFrame:
    """In the order of the file."""
    return _frame(file, SALE_CELLS).rename(columns={"id": "parcel"}).astype({"price": float})


def _frame(file: DataFile, cells: Mapping[str, object]) -> pd.DataFrame:
    return pd.DataFrame.from_records(file.rows, columns=list(cells))


def sales_frame() -> pd.DataFrame:
    """All sales in the order they were loaded, `(n_sales, 21)`; price in USD."""
    return _stored_sales().drop(columns="id")


def unseen_sales(trained_on: Mapping[str, Any]) -> pd.DataFrame:
    """Those in the table that a version has not learned from, oldest sale first, with their `id`.

    None if nobody knows: a version that learned from a file, or was made elsewhere.
    """
    stored = _stored_sales()
    last = trained_on.get("last_sale_id")
    if type(last) is not int:
        return stored[:0]
    unseen = stored["id"] > last
    if trained_on.get("held_out"):
        unseen |= follows(stored, trained_on["held_out"])
    return stored[unseen].sort_values(["date", "id"])


def follows(stored: pd.DataFrame, rule: Mapping[str, Any]) -> "pd.Series[bool]":
    """Which sales a rule of held out sales means: loaded after `after_id`, and sold from `date`
    on (on that day, those from `id` on)."""
    day = date.fromisoformat(rule["date"])
    later = (stored["date"] > day) | ((stored["date"] == day) & (stored["id"] >= rule["id"]))
    found: pd.Series[bool] = later & (stored["id"] > rule["after_id"])
    return found


def _stored_sales() -> pd.DataFrame:
    columns = ["id", "parcel", "date", "price", *HOME_COLUMNS]
    rows = Sale.objects.order_by("id").values_list(*columns)
    frame = pd.DataFrame.from_records(list(rows), columns=columns)
    return frame.astype({"price": float})


def demographics_frame() -> pd.DataFrame:
    """One row per zipcode, `(n_zipcodes, 27)`."""
    columns = [*DEMOGRAPHIC_COLUMNS, "zipcode"]
    rows = ZipcodeDemographics.objects.values_list(*columns)
    return pd.DataFrame.from_records(list(rows), columns=columns)


def data_kind() -> str | None:
    """`synthetic` as soon as one of the tables holds made-up rows."""
    loads = [DataLoad.objects.latest_of(dataset) for dataset in FILES]
    known = [load for load in loads if load is not None]
    if not known:
        return None
    return "synthetic" if any(load.is_synthetic for load in known) else "real"
