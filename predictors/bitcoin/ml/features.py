"""From sixty traded seconds to the row of a model: the same numbers in training and in serving.

A window is `(60, 6)`: rows from the oldest to the current second, columns SECOND_COLUMNS. Nothing
here looks at the current second's high, which may be NaN: max(open, close) stands for it.

The features are free of scale: prices are ratios to the last close, as basis points of their
logarithm, so that a price level that nobody has seen yet is nothing new. A power of two times all
prices gives the very same bits. One window alone gives the same bits as among others: every sum is
made in one stated order, or along contiguous memory.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from numpy.lib.stride_tricks import sliding_window_view

from predictors.bitcoin.ml.schema import RAW_FEATURES, SECOND_COLUMNS, WINDOW

Rows = npt.NDArray[np.float64]

BASIS_POINTS: Final = 1e4
DECAYS: Final = (0.5, 0.2, 0.05)
"""Weight of the newest close in each moving average."""
SCALE_FREE: Final = (
    "ewma_50",
    "ewma_20",
    "ewma_05",
    "close_1",
    "close_2",
    "close_3",
    "close_4",
    "close_5",
    "open",
    "high",
    "low",
    "median_5",
    "maximum_5",
    "minimum_5",
    "median_10",
    "maximum_10",
    "minimum_10",
    "maximum_60",
    "minimum_60",
    "mean_abs_change",
    "log_volume",
    "log_volume_5",
    "log_trades",
    "log_trades_5",
)
"""Prices in basis points relative to the last close: moving averages of the closes, the closes
before, this second's open, highest known and low, order statistics of the last closes; the mean
step between closes (basis points); volume (coins) and trades as log(1 + x), now and mean of 5."""
CONTEXT: Final = ("target", "price_close", "price_open")
MODEL_FEATURES: Final = (*CONTEXT, *SCALE_FREE)
"""`target`: the place of what is asked for in TARGETS. The prices bring the answer back to USD."""
MODEL_NAMES: Final = frozenset(MODEL_FEATURES)
RAW_NAMES: Final = frozenset(RAW_FEATURES)
KNOWN_FEATURES: Final = MODEL_NAMES | RAW_NAMES

_OPEN, _HIGH, _LOW, _CLOSE, _VOLUME = range(5)
# Windows at a time: what is computed on the way then fits into the processor's cache.
_BLOCK = 1_024


def _weights(decay: float, length: int) -> Rows:
    weights = decay * (1 - decay) ** np.arange(length, dtype=np.float64)[::-1]
    normalised: Rows = weights / weights.sum()
    return normalised


_EWMA_WEIGHTS: Final = np.ascontiguousarray([_weights(decay, WINDOW) for decay in DECAYS])


def windows_of(seconds: pd.DataFrame | Rows, length: int = WINDOW) -> Rows:
    """A view `(n_seconds - length + 1, length, 6)` of consecutive seconds `(n_seconds, 6)`.

    Of too few seconds `(0, length, 6)`. The windows share memory and cannot be written to.
    """
    if isinstance(seconds, pd.DataFrame):
        seconds = seconds[list(SECOND_COLUMNS)].to_numpy(dtype=np.float64)
    if len(seconds) < length:
        return np.empty((0, length, len(SECOND_COLUMNS)))
    view: Rows = sliding_window_view(seconds, length, axis=0).transpose(0, 2, 1)
    return view


def features_of(windows: Rows) -> Rows:
    """`(n, 60, 6)` to `(n, 24)`, columns SCALE_FREE."""
    if windows.shape[1:] != (WINDOW, len(SECOND_COLUMNS)):
        raise ValueError(f"windows of 60 seconds of 6 numbers are expected, not {windows.shape}")
    features = np.empty((len(windows), len(SCALE_FREE)))
    for start in range(0, len(windows), _BLOCK):
        _fill(windows[start : start + _BLOCK], features[start : start + _BLOCK])
    return features


def _fill(windows: Rows, features: Rows) -> None:
    last = windows[:, -1]
    n_windows = len(windows)
    ratios = np.empty((n_windows, WINDOW + 6))
    closes = ratios[:, :WINDOW]
    np.divide(windows[:, :, _CLOSE], last[:, _CLOSE, None], out=closes)
    ratios[:, WINDOW : WINDOW + 3] = np.add.reduce(closes[:, None, :] * _EWMA_WEIGHTS, axis=2)
    ratios[:, WINDOW + 3] = last[:, _OPEN] / last[:, _CLOSE]
    np.maximum(ratios[:, WINDOW + 3], 1.0, out=ratios[:, WINDOW + 4])
    ratios[:, WINDOW + 5] = last[:, _LOW] / last[:, _CLOSE]
    logs = np.log(ratios)
    logs *= BASIS_POINTS
    features[:, 0:3] = logs[:, WINDOW : WINDOW + 3]
    features[:, 3:8] = logs[:, WINDOW - 2 : WINDOW - 7 : -1]
    features[:, 8:11] = logs[:, WINDOW + 3 :]
    five = np.sort(logs[:, WINDOW - 5 : WINDOW], axis=1)
    features[:, 11] = five[:, 2]
    features[:, 12] = five[:, 4]
    features[:, 13] = five[:, 0]
    ten = np.sort(logs[:, WINDOW - 10 : WINDOW], axis=1)
    features[:, 14] = 0.5 * (ten[:, 4] + ten[:, 5])
    features[:, 15] = ten[:, 9]
    features[:, 16] = ten[:, 0]
    np.maximum.reduce(logs[:, :WINDOW], axis=1, out=features[:, 17])
    np.minimum.reduce(logs[:, :WINDOW], axis=1, out=features[:, 18])
    steps = np.abs(logs[:, 1:WINDOW] - logs[:, : WINDOW - 1])
    features[:, 19] = np.add.reduce(steps, axis=1) / (WINDOW - 1)
    _fill_activity(windows, features[:, 20:])


def _fill_activity(windows: Rows, features: Rows) -> None:
    amounts = windows[:, -5:, _VOLUME:]
    quantities = np.empty((len(windows), 2, 2))
    quantities[:, :, 0] = amounts[:, 4]
    total = amounts[:, 0] + amounts[:, 1]
    total += amounts[:, 2]
    total += amounts[:, 3]
    total += amounts[:, 4]
    quantities[:, :, 1] = total / 5
    features[:] = np.log1p(quantities).reshape(len(windows), 4)


def _raw(windows: Rows) -> Rows:
    """`(n, 359)`, columns RAW_FEATURES."""
    flat = np.ascontiguousarray(windows[:, ::-1]).reshape(len(windows), -1)
    return np.delete(flat, _HIGH, axis=1)


@lru_cache(maxsize=64)
def _plan(names: tuple[str, ...]) -> tuple[bool, bool, npt.NDArray[np.intp] | None]:
    """Whether model features and raw ones are needed, and where each name is among those.

    None: they are as named already. Raises ValueError for a name that nobody can compute.
    """
    unknown = [name for name in names if name not in KNOWN_FEATURES]
    if unknown:
        raise ValueError(f"no feature {', '.join(unknown)}")
    model, raw = not RAW_NAMES.issuperset(names), not MODEL_NAMES.issuperset(names)
    computed = (*MODEL_FEATURES * model, *RAW_FEATURES * raw)
    if computed == names:
        return model, raw, None
    return model, raw, np.array([computed.index(name) for name in names], dtype=np.intp)


def rows_of(windows: Rows, target: int | Rows, names: Sequence[str]) -> Rows:
    """`(n, 60, 6)` to `(n, n_names)`: any of MODEL_FEATURES and RAW_FEATURES, as named.

    `target`: one number for all, or `(n,)`. Raises ValueError for a name that is none of them.
    """
    model, raw, columns = _plan(names if type(names) is tuple else tuple(names))
    if model and raw:
        computed = np.concatenate([_model_rows(windows, target), _raw(windows)], axis=1)
    else:
        computed = _model_rows(windows, target) if model else _raw(windows)
    return computed if columns is None else computed[:, columns]


def _model_rows(windows: Rows, target: int | Rows) -> Rows:
    """`(n, 27)`, columns MODEL_FEATURES."""
    rows = np.empty((len(windows), len(MODEL_FEATURES)))
    rows[:, 0] = target
    rows[:, 1] = windows[:, -1, _CLOSE]
    rows[:, 2] = windows[:, -1, _OPEN]
    rows[:, len(CONTEXT) :] = features_of(windows)
    return rows


def one_row(window: Rows, target: int, names: Sequence[str]) -> Rows:
    """`(60, 6)` to `(n_names,)`, the same bits as `rows_of` gives it among others."""
    row: Rows = rows_of(window[None], target, names)[0]
    return row


def naive(windows: Rows) -> tuple[Rows, Rows]:
    """Without any model, `(n, 60, 6)` to two `(n,)`, USD: the last close, and the EWMA(0.2)."""
    ewma = np.empty(len(windows))
    for start in range(0, len(windows), _BLOCK):
        closes = np.ascontiguousarray(windows[start : start + _BLOCK, :, _CLOSE])
        ewma[start : start + _BLOCK] = np.add.reduce(closes * _EWMA_WEIGHTS[1], axis=1)
    return windows[:, -1, _CLOSE].copy(), ewma
