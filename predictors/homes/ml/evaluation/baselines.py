"""What a model must beat to be worth its trouble. Each learns from the same part as the model."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from learning.splits import Part
from predictors.homes.ml.evaluation.fitting import Bench

Rows = npt.NDArray[np.float64]

TITLES = {
    "zipcode_rate": "zipcode rate × area",
    "basic": "basic model",
    "median": "median price",
}
MEANINGS = (
    "Baselines, each learned from the same part as the model: «zipcode rate × area» is the living "
    "area times the median price per sqft of the zipcode, «basic model» the one that was handed "
    "over, «median price» the same for every home."
)


def baselines(bench: Bench, part: Part, recipe: str) -> Mapping[str, Rows]:
    """Estimates for the test part by name, each `(n_test,)`, USD; of `recipe` itself none."""
    found = {
        "zipcode_rate": zipcode_rate(bench, part),
        "median": np.full(len(part[1]), np.median(bench.prices[part[0]])),
    }
    if recipe != "basic":
        found["basic"] = bench.answers("basic", part).estimates
    return found


def zipcode_rate(bench: Bench, part: Part) -> Rows:
    """What an agent does in the head; where a zipcode had no sale, with the rate of the county."""
    train, test = bench.sales.iloc[part[0]], bench.sales.iloc[part[1]]
    rates = train["price"].astype(float) / train["sqft_living"].astype(float)
    by_zipcode = rates.groupby(train["zipcode"]).median()
    estimates = test["zipcode"].map(by_zipcode).fillna(rates.median()) * test["sqft_living"]
    return estimates.to_numpy(dtype=np.float64)
