"""From the tables to data frames to a recipe."""

from dataclasses import replace

import pandas as pd

from learning.artifact import Artifact
from predictions.errors import NotReady, UnknownRecipe
from predictors.homes.ml.recipes import RECIPES
from predictors.homes.ml.schema import DEMOGRAPHIC_COLUMNS, HOME_COLUMNS
from predictors.homes.models import DataLoad, Sale, ZipcodeDemographics


def train(*, recipe: str) -> Artifact:
    """Raises UnknownRecipe, and NotReady when there are no sales or demographics."""
    try:
        run = RECIPES[recipe].train
    except KeyError:
        raise UnknownRecipe(f"no recipe {recipe!r}; there are: {', '.join(RECIPES)}") from None
    sales, demographics = sales_frame(), demographics_frame()
    if sales.empty or demographics.empty:
        raise NotReady("load sales and demographics first: load_sales, load_demographics")
    artifact = run(sales, demographics)
    sources = {
        dataset.value: load.sha256
        for dataset in DataLoad.Dataset
        if (load := DataLoad.objects.latest_of(dataset)) is not None
    }
    return replace(
        artifact,
        trained_on={**artifact.trained_on, "data": data_kind(), "last_files_sha256": sources},
    )


def sales_frame() -> pd.DataFrame:
    """All sales in the order they were loaded, `(n_sales, 21)`; price in USD."""
    columns = ["parcel", "date", "price", *HOME_COLUMNS]
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
    loads = [DataLoad.objects.latest_of(dataset) for dataset in DataLoad.Dataset]
    known = [load for load in loads if load is not None]
    if not known:
        return None
    return "synthetic" if any(load.is_synthetic for load in known) else "real"
