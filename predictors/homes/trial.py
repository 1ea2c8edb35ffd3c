"""Homes that a new model is tried on: sales that we know, and homes that nobody built."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from modelregistry.catalog import Trial
from predictions.errors import NotReady
from predictors.homes.ml.schema import HOME_FIELDS
from predictors.homes.training import demographics_frame, sales_frame

SALES = 1000
INVENTED = 200
SEED = 20141


def trial_rows(feature_names: Sequence[str]) -> Trial:
    """Sales drawn at random with their prices in USD, then homes from anywhere in the ranges.

    The sales first: the golden rows are among them. The same tables give the same rows. Raises
    NotReady without sales or demographics.
    """
    sales, demographics = sales_frame(), demographics_frame()
    if sales.empty or demographics.empty:
        raise NotReady("load sales and demographics first: a new model is tried on them")
    known = sales.merge(demographics, on="zipcode").sample(
        n=SALES, random_state=SEED, replace=len(sales) < SALES
    )
    columns = list(feature_names)
    rows = pd.concat([known[columns], _invented(demographics)[columns]]).to_numpy(dtype=np.float64)
    actual = np.concatenate([known["price"].to_numpy(dtype=np.float64), np.full(INVENTED, np.nan)])
    return Trial(rows=np.ascontiguousarray(rows), actual=actual)


def _invented(demographics: pd.DataFrame) -> pd.DataFrame:
    """Every field anywhere between its limits, in a zipcode that there is, `(INVENTED, 44)`."""
    random = np.random.default_rng(SEED)
    homes = demographics.sample(n=INVENTED, replace=True, random_state=SEED).reset_index(drop=True)
    for field in HOME_FIELDS:
        if field.kind == "integer":
            homes[field.name] = random.integers(
                int(field.minimum), int(field.maximum), INVENTED, endpoint=True
            )
        elif field.kind == "number":
            homes[field.name] = random.uniform(field.minimum, field.maximum, INVENTED)
    return homes
