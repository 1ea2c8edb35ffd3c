"""Windows that a new model is tried on: seconds that we know, and markets that nobody saw."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from modelregistry.catalog import Trial
from predictions.errors import NotReady
from predictors.bitcoin.decoding import TARGET
from predictors.bitcoin.ml.features import rows_of, windows_of
from predictors.bitcoin.ml.schema import WINDOW
from predictors.bitcoin.ml.targets import CURRENT_HIGH, TARGETS, code_of
from predictors.bitcoin.models import Second, as_array

Rows = npt.NDArray[np.float64]

KNOWN = 1_000
INVENTED = 200
SEED = 20200
_HIGH, _CLOSE = 1, 3


def trial_rows(feature_names: Sequence[str]) -> Trial:
    """Stored windows with what came next in USD, by turns for each target; then invented ones.

    The stored ones first: the golden rows are among them. Raises NotReady with too few seconds.
    """
    seconds = as_array(Second.objects.all().newest(KNOWN + WINDOW))
    if len(seconds) < KNOWN + WINDOW:
        raise NotReady(
            f"load at least {KNOWN + WINDOW:,} seconds first: a new model is tried on them"
        )
    windows = windows_of(seconds)[:-1]
    following = seconds[WINDOW:]
    places = np.arange(len(windows))
    is_told = TARGET in feature_names
    targets = places % len(TARGETS) if is_told else np.full(len(windows), code_of(CURRENT_HIGH))
    answers = np.stack([following[:, _CLOSE], following[:, _HIGH], seconds[WINDOW - 1 : -1, _HIGH]])
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
