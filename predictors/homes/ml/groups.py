"""The inputs of models in groups that a person would name."""

from collections.abc import Mapping

from predictors.homes.ml.inputs import VALUATION_DATE
from predictors.homes.ml.schema import DEMOGRAPHIC_COLUMNS

GROUPS: Mapping[str, tuple[str, ...]] = {
    "location": ("zipcode", "lat", "long", *DEMOGRAPHIC_COLUMNS),
    "size_and_layout": (
        "sqft_living",
        "sqft_above",
        "sqft_basement",
        "bedrooms",
        "bathrooms",
        "floors",
    ),
    "lot": ("sqft_lot",),
    "quality": ("grade", "condition"),
    "view_and_waterfront": ("view", "waterfront"),
    "age": ("yr_built", "yr_renovated"),
    "neighbouring_homes": ("sqft_living15", "sqft_lot15"),
    "date": (VALUATION_DATE,),
}
