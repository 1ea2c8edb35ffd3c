"""From a table of traded seconds to what a model learns from: windows, and what came after each."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from predictors.bitcoin.ml.features import MODEL_FEATURES, naive, rows_of, windows_of
from predictors.bitcoin.ml.schema import SECOND_COLUMNS, WINDOW
from predictors.bitcoin.ml.targets import CURRENT_HIGH, NEXT_CLOSE, NEXT_HIGH, code_of

Rows = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]

LONGEST_GAP: Final = 900.0
"""Seconds without a trade. After a longer one the market is another: no window reaches across."""
TIME: Final = "time"
FRAME_COLUMNS: Final = (TIME, *SECOND_COLUMNS)


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Windows of one table in the order of time, each with the traded second after it."""

    places: Places
    """`(n,)`: row of the current second in the table; the next row is what came."""
    rows: Rows
    """`(n, 27)`, columns MODEL_FEATURES; the target asked for is `next_close`."""
    next_close: Rows
    """`(n,)`, USD; likewise the others."""
    next_high: Rows
    current_high: Rows
    last_close: Rows
    """What persistence says of the next close."""
    ewma: Rows
    """EWMA(0.2) of the sixty closes."""

    def __len__(self) -> int:
        return len(self.rows)

    def actual(self, target: str) -> Rows:
        """`(n,)`, USD. Raises ValueError for a target that is none."""
        known = {
            NEXT_CLOSE: self.next_close,
            NEXT_HIGH: self.next_high,
            CURRENT_HIGH: self.current_high,
        }
        if target not in known:
            raise ValueError(f"no target {target}")
        return known[target]

    def asking(self, target: str) -> Rows:
        """`rows`, but of this target."""
        rows = self.rows.copy()
        rows[:, 0] = code_of(target)
        return rows

    def part(self, start: int, end: int | None = None) -> "Examples":
        """Those from place `start` to before `end`, in the order of time."""
        return self._taken(slice(start, end))

    def chosen(self, which: npt.NDArray[np.bool_]) -> "Examples":
        """Those of `(n,)` that are true."""
        return self._taken(which)

    def _taken(self, taken: slice | npt.NDArray[np.bool_]) -> "Examples":
        return Examples(
            self.places[taken],
            self.rows[taken],
            self.next_close[taken],
            self.next_high[taken],
            self.current_high[taken],
            self.last_close[taken],
            self.ewma[taken],
        )


def examples_of(seconds: pd.DataFrame, *, longest_gap: float = LONGEST_GAP) -> Examples:
    """Of `(n_seconds, 7)`, FRAME_COLUMNS in the order of time: one for every 61 rows in a row.

    Windows are of consecutive rows, that is of seconds that traded; those with a gap of more than
    `longest_gap` seconds within, or before what came next, are not made.
    """
    values = seconds[list(SECOND_COLUMNS)].to_numpy(dtype=np.float64)
    # A view: of many seconds a copy of the windows would be sixty times as large.
    windows = windows_of(values)[:-1]
    unbroken = unbroken_of(seconds[TIME], longest_gap)
    current = np.flatnonzero(unbroken) + WINDOW - 1
    last_close, ewma = naive(windows)
    return Examples(
        places=current,
        rows=rows_of(windows, code_of(NEXT_CLOSE), MODEL_FEATURES)[unbroken],
        next_close=values[current + 1, SECOND_COLUMNS.index("price_close")],
        next_high=values[current + 1, SECOND_COLUMNS.index("price_high")],
        current_high=values[current, SECOND_COLUMNS.index("price_high")],
        last_close=last_close[unbroken],
        ewma=ewma[unbroken],
    )


def unbroken_of(
    times: "pd.Series[pd.Timestamp]", longest_gap: float = LONGEST_GAP
) -> npt.NDArray[np.bool_]:
    """Of each 61 rows in a row whether no gap among them is too long, `(n_seconds - 60,)`."""
    if len(times) <= WINDOW:
        return np.zeros(0, dtype=np.bool_)
    moments = pd.to_datetime(times, utc=True).to_numpy(dtype="datetime64[ns]")
    broken = np.diff(moments) > np.timedelta64(round(longest_gap * 1e9), "ns")
    before = np.concatenate([[0], np.cumsum(broken)])
    unbroken: npt.NDArray[np.bool_] = before[WINDOW:] == before[: len(before) - WINDOW]
    return unbroken
