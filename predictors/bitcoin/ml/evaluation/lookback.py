"""Would a longer or a shorter window do? The same features, made of another number of seconds."""

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from predictors.bitcoin.ml.evaluation.bench import (
    Bench,
    Figures,
    basis_points,
    beside_naive,
    in_dollars,
    naive_rows,
)
from predictors.bitcoin.ml.examples import Examples
from predictors.bitcoin.ml.features import BASIS_POINTS, DECAYS, windows_of
from predictors.bitcoin.ml.ridge import coefficients, standardised, summed
from predictors.bitcoin.ml.schema import SECOND_COLUMNS, WINDOW
from predictors.bitcoin.ml.training import FORGETTING, PENALTY, TRAIN_SHARE

Rows = npt.NDArray[np.float64]

LENGTHS: Final = (5, 10, 30, 60, 120, 300)


def lookback(bench: Bench) -> Figures:
    """On the same rows for every length: those that have the longest window behind them."""
    kept = bench.examples.part(int(np.searchsorted(bench.examples.places, max(LENGTHS) - 1)))
    cut = int(TRAIN_SHARE * len(kept))
    test = kept.part(cut)
    rows = naive_rows(test)
    for length in LENGTHS:
        features = features_within(bench.seconds, kept, length)
        predicted = _fitted_and_asked(features, basis_points(kept), cut)
        served = " (served)" if length == WINDOW else ""
        rows.append(
            beside_naive(test, f"ridge, {length} seconds{served}", in_dollars(test, predicted))
        )
    return {"train_rows": cut, "rows": rows}


def _fitted_and_asked(features: Rows, outcomes: Rows, cut: int) -> Rows:
    mean, scale = features[:cut].mean(axis=0), features[:cut].std(axis=0)
    standard = standardised(features, mean, np.where(scale > 0, scale, 1.0))
    gram, moments, _ = summed(standard[:cut], outcomes[:cut, None], FORGETTING)
    expected: Rows = (standard[cut:] @ coefficients(gram, moments, PENALTY))[:, 0]
    return expected


def features_within(seconds: pd.DataFrame, examples: Examples, length: int) -> Rows:
    """As `features_of`, but the longest reach is `length` traded seconds, `(n, k)`."""
    windows = windows_of(seconds, length)[examples.places - (length - 1)]
    by_name = dict(zip(SECOND_COLUMNS, np.moveaxis(windows, 2, 0), strict=True))
    closes = by_name["price_close"]
    last = closes[:, -1]
    opens, lows = by_name["price_open"][:, -1], by_name["price_low"][:, -1]
    weights = np.array([d * (1 - d) ** np.arange(length)[::-1] for d in DECAYS])
    averages = closes @ (weights / weights.sum(axis=1, keepdims=True)).T
    logs = np.log(closes / last[:, None]) * BASIS_POINTS
    columns = [
        *(np.log(averages / last[:, None]) * BASIS_POINTS).T,
        *(logs[:, -1 - lag] for lag in range(1, min(6, length))),
        *(np.log(p / last) * BASIS_POINTS for p in (opens, np.maximum(opens, last), lows)),
        *(of(logs[:, -5:], axis=1) for of in (np.median, np.max, np.min)),
        *(of(logs[:, -10:], axis=1) for of in (np.median, np.max, np.min)),
        logs.max(axis=1),
        logs.min(axis=1),
        np.abs(np.diff(logs, axis=1)).mean(axis=1),
    ]
    for name in ("volume_traded", "trades_count"):
        columns += [np.log1p(by_name[name][:, -1]), np.log1p(by_name[name][:, -5:].mean(axis=1))]
    return np.column_stack(columns)
