"""train_model homes --recipe basic, beside Sound Realty's own script."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from django.core.management import CommandError, call_command
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import RobustScaler

from modelregistry.loading import load
from modelregistry.models import ModelVersion
from predictors.homes.models import Sale

COLUMNS = ["price", "bedrooms", "bathrooms", "sqft_living", "sqft_lot", "floors", "sqft_above"]
COLUMNS += ["sqft_basement", "zipcode"]


def test_it_works(data_folder: Path) -> None:
    """The same steps from the files, written as their script writes them."""
    sales = pd.read_csv(data_folder / "kc_house_data.csv", usecols=COLUMNS, dtype={"zipcode": str})[
        COLUMNS
    ]
    census = pd.read_csv(data_folder / "zipcode_demographics.csv", dtype={"zipcode": str})
    merged = sales.merge(census, how="left", on="zipcode").drop(columns="zipcode")
    target = merged.pop("price")
    x_train, x_test, y_train, y_test = train_test_split(merged, target, random_state=42)
    theirs = make_pipeline(RobustScaler(), KNeighborsRegressor()).fit(x_train, y_train)

    version = ModelVersion.objects.active("homes").get()
    assert version.feature_names == list(merged.columns)
    ours = load(version)
    assert np.array_equal(ours.predict(x_test.to_numpy(dtype=float)), theirs.predict(x_test))
    assert version.metrics["train"]["r2"] == pytest.approx(theirs.score(x_train, y_train))
    assert version.metrics["test"]["r2"] == pytest.approx(theirs.score(x_test, y_test))


@pytest.mark.real_data
def test_on_the_real_data_it_reaches_the_published_figures(data_folder: Path) -> None:
    if data_folder.name == "sample":
        return
    version = ModelVersion.objects.active("homes").get()
    assert round(version.metrics["train"]["r2"], 4) == 0.8414
    assert round(version.metrics["test"]["r2"], 4) == 0.7281
    assert version.trained_on["rows"] == 21_613
    assert version.trained_on["data"] == "real"


def test_an_unknown_recipe_is_refused_and_the_known_ones_are_named(db: None) -> None:
    with pytest.raises(CommandError, match="there are: basic"):
        call_command("train_model", "homes", recipe="soup")


def test_without_sales_nothing_is_trained(db: None) -> None:
    Sale.objects.all().delete()
    with pytest.raises(CommandError, match="load sales and demographics first"):
        call_command("train_model", "homes")
