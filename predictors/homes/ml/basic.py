"""Recipe `basic`: Sound Realty's own script, step by step.

Seven facts of the home and all demographics of its zipcode, scaled by median and interquartile
range, to the mean price of the five nearest of three quarters of the sales.
"""

from typing import TYPE_CHECKING

import pandas as pd

from learning.artifact import Artifact, fingerprint, pickled
from learning.metrics import regression_metrics
from learning.progress import Progress, silent
from predictors.homes.ml.inputs import inputs_of
from predictors.homes.ml.schema import DEMOGRAPHIC_COLUMNS

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

SALES_COLUMNS = (
    "price",
    "bedrooms",
    "bathrooms",
    "sqft_living",
    "sqft_lot",
    "floors",
    "sqft_above",
    "sqft_basement",
    "zipcode",
)


FEATURES = (*SALES_COLUMNS[1:-1], *DEMOGRAPHIC_COLUMNS)


def fit_basic(sales: pd.DataFrame, demographics: pd.DataFrame, seed: int) -> "Pipeline":
    """The model from all of the given sales; nothing in it is random, so `seed` changes nothing."""
    inputs = inputs_of(sales, demographics, FEATURES)
    return _pipeline().fit(inputs, sales["price"].astype(float))


def _pipeline() -> "Pipeline":
    # Here, as below: who only asks need not wait until all of scikit-learn is there.
    from sklearn.neighbors import KNeighborsRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import RobustScaler

    return make_pipeline(RobustScaler(), KNeighborsRegressor())


def train_basic(
    sales: pd.DataFrame, demographics: pd.DataFrame, progress: Progress = silent
) -> Artifact:
    """Train on `sales` `(n_sales, ≥9)` and `demographics` `(n_zipcodes, 27)`; prices in USD.

    The order of the sales matters: the split is drawn by position (seed 42), a quarter for testing.
    Returns an artifact with metrics on both parts and, as a baseline on the same test quarter, the
    median price per square foot of the zipcode times the living area.
    """
    from sklearn.model_selection import train_test_split

    data = sales[list(SALES_COLUMNS)].merge(demographics, how="left", on="zipcode")
    zipcodes = data.pop("zipcode")
    target = data.pop("price").astype(float)
    x_train, x_test, y_train, y_test = train_test_split(data, target, random_state=42)
    progress("fitting", 0.1)
    model = _pipeline().fit(x_train, y_train)
    progress("measuring", 0.2)
    rates = (y_train / x_train["sqft_living"]).groupby(zipcodes[x_train.index]).median()
    baseline = zipcodes[x_test.index].map(rates).fillna(rates.median()) * x_test["sqft_living"]
    return Artifact(
        name="basic",
        model_bytes=pickled(model),
        feature_names=tuple(data.columns),
        metrics={
            "train": regression_metrics(y_train.to_numpy(), model.predict(x_train)),
            "test": regression_metrics(y_test.to_numpy(), model.predict(x_test)),
            "test_baseline_zipcode_median": regression_metrics(
                y_test.to_numpy(), baseline.to_numpy()
            ),
        },
        trained_on={
            "recipe": "basic",
            "rows": len(data),
            "train_rows": len(x_train),
            "test_rows": len(x_test),
            "fingerprint": fingerprint(data.assign(zipcode=zipcodes, price=target)),
        },
    )
