"""Stored seconds as data frames."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pandas as pd

from predictors.bitcoin.ml.schema import SECOND_COLUMNS
from predictors.bitcoin.models import Second

MOST_SECONDS = 200_000
"""That are learned from, the newest: what is older is forgotten anyway."""


def seconds_frame(
    *, after: datetime | None = None, until: datetime | None = None, most: int = MOST_SECONDS
) -> pd.DataFrame:
    """`(n_seconds, 7)`: `time` (UTC) and SECOND_COLUMNS, in time order; `after` is not in it."""
    rows = Second.objects.after(after).until(until).newest(most)
    frame = pd.DataFrame(rows, columns=["time", *SECOND_COLUMNS])
    return frame.astype(dict.fromkeys(SECOND_COLUMNS, "float64"))


def moment_in(trained_on: Mapping[str, Any], name: str) -> datetime | None:
    text = trained_on.get(name)
    return datetime.fromisoformat(text) if isinstance(text, str) else None


def data_kind() -> str | None:
    kinds = Second.objects.order_by().values_list("is_synthetic", flat=True)[:1]
    return next(("synthetic" if kind else "real" for kind in kinds), None)
