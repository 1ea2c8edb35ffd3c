"""The facts of a home: names, types and ranges, in the order of `future_unseen_examples.csv`.

Ranges leave room beyond the training data (a home of 33 bedrooms was sold; lots smaller than the
living area are common downtown), and end where a typing error is likelier than a home.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from learning.fields import Fault, Field
from predictors.homes.ml.inputs import VALUATION_DATE

HOME_FIELDS = (
    Field("bedrooms", "integer", "number of bedrooms", 0, 50, 4),
    Field("bathrooms", "number", "number of bathrooms; .5 has no shower", 0, 20, 1.0),
    Field("sqft_living", "integer", "living area, square feet", 100, 50_000, 1680),
    Field("sqft_lot", "integer", "lot, square feet", 100, 20_000_000, 5043),
    Field("floors", "number", "number of floors", 1, 10, 1.5),
    Field("waterfront", "integer", "1: on the waterfront", 0, 1, 0),
    Field("view", "integer", "quality of the view, 0 (none) to 4", 0, 4, 0),
    Field("condition", "integer", "condition, 1 (poor) to 5 (very good)", 1, 5, 4),
    Field("grade", "integer", "King County building grade, 1 to 13", 1, 13, 6),
    Field("sqft_above", "integer", "living area above ground, square feet", 0, 50_000, 1680),
    Field("sqft_basement", "integer", "basement, square feet", 0, 50_000, 0),
    Field("yr_built", "integer", "year built", 1800, 2035, 1911),
    Field("yr_renovated", "integer", "year of the last renovation; 0: never", 0, 2035, 0),
    Field("zipcode", "zipcode", "U.S. zipcode; demographics are joined by it", example="98118"),
    Field("lat", "number", "latitude, degrees", 46.5, 48.5, 47.5354),
    Field("long", "number", "longitude, degrees", -123.5, -120.5, -122.273),
    Field(
        "sqft_living15", "integer", "living area of the nearest 15 homes, sqft", 100, 50_000, 1560
    ),
    Field("sqft_lot15", "integer", "lot of the nearest 15 homes, sqft", 100, 20_000_000, 5765),
)
HOME_COLUMNS = tuple(field.name for field in HOME_FIELDS)

IDENTITY = ("lat", "long", "sqft_lot", "yr_built", "sqft_living", "bedrooms", "bathrooms")
"""Facts by which a home is known again. In the real data one pair of 21,613 sales, of two homes
built alike and side by side, has them and the day in common."""

# Wider than any sale of King County so far: what is beyond is a typing error, or no sale at all.
PRICE_FIELD = Field("actual", "number", "what it sold for, USD", 1_000, 500_000_000, 437_500)
PRICE_BANDS = (250_000, 500_000, 750_000, 1_000_000, 2_000_000)

VALUATION_DATE_FIELD = Field(
    VALUATION_DATE,
    "date",
    "the day for which the home is valued, 2000-01-01 to 2099-12-31; if left out, the last day of "
    "the sales that the model learned from. A model that knows no time takes no notice of it",
    date(2000, 1, 1).toordinal(),
    date(2099, 12, 31).toordinal(),
    "2015-03-01",
    optional=True,
)

DEMOGRAPHIC_COLUMNS = (
    "ppltn_qty",
    "urbn_ppltn_qty",
    "sbrbn_ppltn_qty",
    "farm_ppltn_qty",
    "non_farm_qty",
    "medn_hshld_incm_amt",
    "medn_incm_per_prsn_amt",
    "hous_val_amt",
    "edctn_less_than_9_qty",
    "edctn_9_12_qty",
    "edctn_high_schl_qty",
    "edctn_some_clg_qty",
    "edctn_assoc_dgre_qty",
    "edctn_bchlr_dgre_qty",
    "edctn_prfsnl_qty",
    "per_urbn",
    "per_sbrbn",
    "per_farm",
    "per_non_farm",
    "per_less_than_9",
    "per_9_to_12",
    "per_hsd",
    "per_some_clg",
    "per_assoc",
    "per_bchlr",
    "per_prfsnl",
)

# What a model may take as input: every number we know of a home (its zipcode is 98118.0), of its
# zipcode, and of the day.
KNOWN_FEATURES = frozenset((*HOME_COLUMNS, *DEMOGRAPHIC_COLUMNS, VALUATION_DATE))

DEMOGRAPHICS_ARE_OURS = "demographics are joined by the server from the zipcode; do not send them"


def contradictions(values: Mapping[str, Any]) -> list[Fault]:
    """Faults of fields that are each fine but cannot be true together; absent ones are passed."""
    faults = []
    parts = ("sqft_living", "sqft_above", "sqft_basement")
    if all(name in values for name in parts):
        living, above, basement = (values[name] for name in parts)
        if living != above + basement:
            faults.append(
                Fault(
                    "sqft_living",
                    f"{living} is not sqft_above + sqft_basement = {above + basement}",
                    "sqft_living equal to sqft_above + sqft_basement",
                )
            )
    built, renovated = values.get("yr_built"), values.get("yr_renovated")
    if built is not None and renovated and renovated < built:
        faults.append(
            Fault("yr_renovated", f"{renovated} is before yr_built {built}", "0, or not before it")
        )
    return faults
