"""What belongs together, for contributions and for comparables."""

from collections.abc import Mapping

from predictors.homes.ml.champion.features import INPUTS
from predictors.homes.ml.groups import GROUPS

PLACES: Mapping[str, list[int]] = {
    group: [INPUTS.index(name) for name in names if name in INPUTS]
    for group, names in GROUPS.items()
}

# Of the linear part, but for the years: what sets two homes apart on the same day.
LINEAR_GROUPS: Mapping[str, tuple[str, ...]] = {
    "location": ("lat", "long", "miles_to_seattle", "miles_to_bellevue"),
    "size_and_layout": (
        "log_living",
        "log_above",
        "sqrt_basement",
        "bedrooms",
        "bathrooms",
        "floors",
    ),
    "lot": ("log_lot",),
    "quality": ("grade", "condition", "poor_condition", "grade_x_living"),
    "view_and_waterfront": ("view", "best_view", "waterfront"),
    "age": ("yr_built", "is_renovated", "renovated_lately"),
    "neighbouring_homes": ("log_living15", "log_lot15"),
}
