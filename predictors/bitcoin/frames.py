"""Stored seconds as data frames."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from django.db import connection

from predictors.bitcoin.ml.schema import SECOND_COLUMNS
from predictors.bitcoin.models import Second

MOST_SECONDS = 200_000
"""That are learned from, the newest: what is older is forgotten anyway."""


_SENT = ("extract(epoch FROM time)::float8", *(f"{name}::float8" for name in SECOND_COLUMNS))
_NEWEST = f"""
    SELECT string_agg({" || ".join(f"float8send({value})" for value in _SENT)}, '' ORDER BY time)
    FROM (SELECT * FROM bitcoin_second ORDER BY time DESC LIMIT %s) AS newest
"""  # noqa: S608


def seconds_frame(*, after: datetime | None = None, until: datetime | None = None) -> pd.DataFrame:
    """`(n_seconds, 7)`: `time` (UTC) and SECOND_COLUMNS, in time order; `after` is not in it."""
    rows = Second.objects.after(after).until(until).newest(MOST_SECONDS)
    frame = pd.DataFrame(rows, columns=["time", *SECOND_COLUMNS])
    return frame.astype(dict.fromkeys(SECOND_COLUMNS, "float64"))


def newest_frame(count: int) -> pd.DataFrame:
    """As `seconds_frame` the newest, quickly: for a web process, whose other threads answer.

    The numbers come as PostgreSQL keeps them; a thousand rows of text take 5 ms to read.
    """
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST, [count])
        (content,) = cursor.fetchone()
    values = np.frombuffer(content or b"", ">f8").astype(np.float64).reshape(-1, len(_SENT))
    frame = pd.DataFrame(values[:, 1:], columns=list(SECOND_COLUMNS))
    frame.insert(0, "time", pd.to_datetime(values[:, 0], unit="s", utc=True))
    return frame


def moment_in(trained_on: Mapping[str, Any], name: str) -> datetime | None:
    text = trained_on.get(name)
    return datetime.fromisoformat(text) if isinstance(text, str) else None


def data_kind() -> str | None:
    kinds = Second.objects.order_by().values_list("is_synthetic", flat=True)[:1]
    return next(("synthetic" if kind else "real" for kind in kinds), None)
