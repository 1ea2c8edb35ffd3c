"""Seconds that neither of two versions has learned from: what they are compared on."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from predictions.contract import HeldOut
from predictors.bitcoin.frames import moment_in, seconds_frame
from predictors.bitcoin.ml.examples import TIME, unbroken_of
from predictors.bitcoin.ml.features import rows_of, windows_of
from predictors.bitcoin.ml.schema import SECOND_COLUMNS, WINDOW
from predictors.bitcoin.ml.targets import NEXT_CLOSE, code_of

Rows = npt.NDArray[np.float64]

AFTER = "after"
"""Of a rule: seconds up to this moment are learned from, later ones are not."""


def held_out(trained_on: Mapping[str, Any], share: float) -> HeldOut:
    """The newest `share` of the seconds after what a version with this `trained_on` has learned.

    Without those that come after a gap, which is not learned across either: nobody is asked there.
    """
    learned = moment_in(trained_on, "learned_until")
    seconds = seconds_frame()
    values = seconds[list(SECOND_COLUMNS)].to_numpy()
    unseen = 0 if learned is None else int((seconds["time"] > learned).sum())
    # A first window is needed before the first second that can be forecast.
    kept = min(round(unseen * share), max(0, len(seconds) - WINDOW))
    first = len(seconds) - kept
    start = max(0, first - WINDOW)
    windows = windows_of(values[start:])[:-1]
    unbroken = unbroken_of(seconds[TIME].iloc[start:])
    rule = {AFTER: seconds["time"].iloc[first - 1].isoformat(), "seconds": kept} if kept else {}
    return HeldOut(
        rule=rule,
        rows=lambda names: rows_of(windows, code_of(NEXT_CLOSE), names)[unbroken],
        actual=values[start + WINDOW :, SECOND_COLUMNS.index("price_close")][unbroken],
    )


def training_rows(feature_names: Sequence[str]) -> Rows:
    """`(n_windows, n_features)` of all stored seconds, asked for the next close, as one learns."""
    seconds = seconds_frame()
    windows = windows_of(seconds)[:-1]
    return rows_of(windows, code_of(NEXT_CLOSE), feature_names)[unbroken_of(seconds[TIME])]
