"""Sales that neither of two versions has learned from: what one is proven on against the other."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from predictions.contract import HeldOut, Rows
from predictors.homes.frames import demographics_frame, sales_frame, unseen_sales
from predictors.homes.ml.inputs import inputs_of


def held_out(trained_on: Mapping[str, Any], share: float) -> HeldOut:
    """The newest `share` of the sales that a version with this `trained_on` has not seen."""
    unseen = unseen_sales(trained_on)
    demographics = demographics_frame()
    unseen = unseen[unseen["zipcode"].isin(demographics["zipcode"])]
    kept = unseen[len(unseen) - round(len(unseen) * share) :]
    return HeldOut(
        rule=_rule(kept, trained_on),
        rows=lambda names: _rows(kept, demographics, names),
        actual=kept["price"].to_numpy(dtype=np.float64),
    )


def training_rows(feature_names: Sequence[str]) -> Rows:
    """`(n_sales, n_features)` of all sales in the table whose zipcode has demographics."""
    sales, demographics = sales_frame(), demographics_frame()
    known = sales[sales["zipcode"].isin(demographics["zipcode"])]
    return _rows(known, demographics, feature_names)


def _rule(kept: pd.DataFrame, trained_on: Mapping[str, Any]) -> dict[str, Any]:
    """As `frames.follows` reads it."""
    if kept.empty:
        return {}
    earlier = trained_on.get("held_out") or {"after_id": trained_on["last_sale_id"]}
    return {
        "after_id": min(int(earlier["after_id"]), int(kept["id"].min()) - 1),
        "date": kept["date"].iloc[0].isoformat(),
        "id": int(kept["id"].iloc[0]),
        "sales": len(kept),
    }


def _rows(sales: pd.DataFrame, demographics: pd.DataFrame, names: Sequence[str]) -> Rows:
    rows = inputs_of(sales, demographics, names).to_numpy(dtype=np.float64)
    return np.ascontiguousarray(rows)
