"""Homes that a new model is tried on: sales that we know, and homes that nobody built."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from learning.fields import NOT_GIVEN
from modelregistry.catalog import Trial
from predictions.errors import NotReady
from predictors.homes.frames import demographics_frame, sales_frame
from predictors.homes.ml.inputs import VALUATION_DATE, Rows, inputs_of
from predictors.homes.ml.schema import HOME_FIELDS, VALUATION_DATE_FIELD

SALES = 1000
INVENTED = 200
SEED = 20141
# Of the sales one in so many is valued without a date, as most requests ask.
UNDATED = 3


def trial_rows(feature_names: Sequence[str]) -> Trial:
    """Sales drawn at random with their prices in USD, then homes from anywhere in the ranges.

    The sales first: the golden rows are among them. The same tables give the same rows. Raises
    NotReady without sales or demographics.
    """
    sales, demographics = sales_frame(), demographics_frame()
    if sales.empty or demographics.empty:
        raise NotReady("load sales and demographics first: a new model is tried on them")
    known = sales[sales["zipcode"].isin(demographics["zipcode"])].sample(
        n=SALES, random_state=SEED, replace=len(sales) < SALES
    )
    rows = np.concatenate(
        [_rows(homes, demographics, feature_names) for homes in (known, _invented(demographics))]
    )
    if VALUATION_DATE in feature_names:
        rows[:SALES:UNDATED, list(feature_names).index(VALUATION_DATE)] = NOT_GIVEN
    actual = np.concatenate([known["price"].to_numpy(dtype=np.float64), np.full(INVENTED, np.nan)])
    return Trial(rows=np.ascontiguousarray(rows), actual=actual)


def _rows(homes: pd.DataFrame, demographics: pd.DataFrame, feature_names: Sequence[str]) -> Rows:
    """`(n_homes, n_features)`"""
    return inputs_of(homes, demographics, feature_names).to_numpy(dtype=np.float64)


def _invented(demographics: pd.DataFrame) -> pd.DataFrame:
    """Every field anywhere between its limits, in a zipcode that there is, on any day that is
    accepted: `(INVENTED, 19)`."""
    random = np.random.default_rng(SEED)
    zipcodes = demographics["zipcode"].sample(n=INVENTED, replace=True, random_state=SEED)
    homes = pd.DataFrame({"zipcode": zipcodes.to_numpy()})
    for field in HOME_FIELDS:
        if field.kind == "integer":
            homes[field.name] = random.integers(
                int(field.minimum), int(field.maximum), INVENTED, endpoint=True
            )
        elif field.kind == "number":
            homes[field.name] = random.uniform(field.minimum, field.maximum, INVENTED)
    first, last = int(VALUATION_DATE_FIELD.minimum), int(VALUATION_DATE_FIELD.maximum)
    days = random.integers(first, last, INVENTED, endpoint=True)
    homes["date"] = [date.fromordinal(day) for day in days.tolist()]
    return homes
