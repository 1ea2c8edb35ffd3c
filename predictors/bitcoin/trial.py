"""Windows that a new model is tried on: seconds that we know, and markets that nobody saw."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from modelregistry.catalog import Trial
from predictions.errors import NotReady
from predictors.bitcoin.decoding import TARGET
from predictors.bitcoin.frames import newest_frame
from predictors.bitcoin.ml.examples import TIME, unbroken_of
from predictors.bitcoin.ml.features import rows_of, windows_of
from predictors.bitcoin.ml.schema import SECOND_COLUMNS, WINDOW
from predictors.bitcoin.ml.targets import CURRENT_HIGH, TARGETS, code_of

Rows = npt.NDArray[np.float64]

KNOWN = 1_000
INVENTED = 200
SEED = 20200
_HIGH, _CLOSE = 1, 3


def trial_rows(feature_names: Sequence[str]) -> Trial:
    """Stored windows with what came next in USD, by turns for each target; then invented ones.

    The stored ones first: the golden rows are among them. Windows across a gap are left out. Raises
    NotReady with too few seconds.
    """
    frame = newest_frame(KNOWN + WINDOW)
    unbroken = unbroken_of(frame[TIME])
    if len(frame) < KNOWN + WINDOW or not unbroken.any():
        raise NotReady(
            f"load at least {KNOWN + WINDOW:,} seconds first, some of them in a row without a gap: "
            "a new model is tried on them"
        )
    seconds = frame[list(SECOND_COLUMNS)].to_numpy()
    windows = windows_of(seconds)[:-1][unbroken]
    following = seconds[WINDOW:][unbroken]
    places = np.arange(len(windows))
    is_told = TARGET in feature_names
    targets = places % len(TARGETS) if is_told else np.full(len(windows), code_of(CURRENT_HIGH))
    answers = np.stack([following[:, _CLOSE], following[:, _HIGH], windows[:, -1, _HIGH]])
    invented = _invented(windows)
    rows = np.concatenate(
        [
            rows_of(windows, targets.astype(np.float64), feature_names),
            rows_of(invented, (np.arange(INVENTED) % len(TARGETS)).astype(float), feature_names),
        ]
    )
    actual = np.concatenate([answers[targets, places], np.full(INVENTED, np.nan)])
    return Trial(rows=np.ascontiguousarray(rows), actual=actual)


def _invented(windows: Rows) -> Rows:
    """Known windows at other price levels, with jumps and other volumes: `(INVENTED, 60, 6)`."""
    random = np.random.default_rng(SEED)
    drawn = windows[random.integers(0, len(windows), INVENTED)].copy()
    drawn[:, :, :4] *= np.exp(random.uniform(-6, 6, (INVENTED, 1, 1)))
    jumps = np.exp(random.normal(0, 0.05, (INVENTED, drawn.shape[1], 1)))
    drawn[:, :, :4] *= np.where(random.random((INVENTED, drawn.shape[1], 1)) < 0.05, jumps, 1.0)
    drawn[:, :, 4] *= np.exp(random.uniform(-6, 6, (INVENTED, 1)))
    return drawn
