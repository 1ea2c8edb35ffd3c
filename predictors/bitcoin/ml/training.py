"""Recipe `ridge`: scale-free features of sixty traded seconds, squared loss, older seconds fade.

What is measured is what is served: the same function fits for the figures, on a part of the
seconds, and for the registry, on all of them.
"""

from typing import Any, Final

import pandas as pd

from learning.artifact import Artifact, fingerprint, pickled
from learning.progress import Progress, silent
from predictors.bitcoin.ml.accuracy import errors
from predictors.bitcoin.ml.checks import UnfitData, checked
from predictors.bitcoin.ml.examples import FRAME_COLUMNS, LONGEST_GAP, TIME, Examples, examples_of
from predictors.bitcoin.ml.features import MODEL_FEATURES
from predictors.bitcoin.ml.ridge import OnlineRidge, fitted
from predictors.bitcoin.ml.schema import SECOND_COLUMNS
from predictors.bitcoin.ml.targets import NEXT_CLOSE, NEXT_HIGH
from predictors.bitcoin.ml.walking import (
    Walk,
    current_high_of,
    summary_of,
    walk,
    walk_from_start,
)

RIDGE: Final = "ridge"
PENALTY: Final = 100.0
FORGETTING: Final = 0.9998
"""Per traded second: one of 3,500 seconds ago weighs half."""
TRAIN_SHARE: Final = 0.7
LEAST_EXAMPLES: Final = 500

CHOICES: Final = (
    "Features, penalty (0.1 to 300) and forgetting (0.998 to 1) were compared by walk-forward "
    "within the first 70 % of the 8,000 seconds, after its first 600 rows, by the RMSE of next "
    "close and next high together. The last 30 % was looked at meanwhile, and chose nothing."
)


def fit_ridge(examples: Examples) -> OnlineRidge:
    return fitted(
        examples.rows,
        examples.next_close,
        examples.next_high,
        penalty=PENALTY,
        forgetting=FORGETTING,
    )


def walk_ridge(examples: Examples) -> Walk:
    return walk_from_start(examples, penalty=PENALTY, forgetting=FORGETTING)


def split(examples: Examples) -> tuple[Examples, Examples]:
    """The first 70 % to learn from, the last 30 % to be tested on."""
    cut = int(TRAIN_SHARE * len(examples))
    return examples.part(0, cut), examples.part(cut)


def train_ridge(
    seconds: pd.DataFrame, progress: Progress = silent, *, longest_gap: float = LONGEST_GAP
) -> Artifact:
    """Train on `(n_seconds, 7)`: `time` (UTC, rising) and SECOND_COLUMNS, prices in USD.

    Returns an artifact measured on the last 30 % and by walk-forward, then fitted on all seconds.
    Raises UnfitData for seconds that cannot be true, or are too few.
    """
    progress("checking", 0.0)
    found = checked(seconds)
    examples = examples_of(found.seconds, longest_gap=longest_gap)
    if len(examples) < LEAST_EXAMPLES:
        raise UnfitData(
            f"few-examples: {len(examples)} windows of 61 consecutive seconds, "
            f"at least {LEAST_EXAMPLES} are needed to learn from"
        )
    progress("measuring", 0.2)
    metrics = measured(examples)
    progress("fitting", 0.8)
    model = fit_ridge(examples)
    return Artifact(
        name=RIDGE,
        model_bytes=pickled(model),
        feature_names=MODEL_FEATURES,
        metrics=metrics,
        trained_on={
            "recipe": RIDGE,
            **described(found.seconds, examples),
            "data_checks": found.as_json(),
            "penalty": PENALTY,
            "forgetting": FORGETTING,
            "longest_gap_seconds": longest_gap,
            "choices": CHOICES,
        },
    )


def described(seconds: pd.DataFrame, examples: Examples) -> dict[str, Any]:
    times = pd.to_datetime(seconds[TIME], utc=True)
    n_train = int(TRAIN_SHARE * len(examples))
    return {
        "rows": len(seconds),
        "examples": len(examples),
        "train_rows": n_train,
        "test_rows": len(examples) - n_train,
        "first_second": times.iloc[0].isoformat(),
        "last_second": times.iloc[-1].isoformat(),
        "fingerprint": fingerprint(_plain(seconds)),
    }


def _plain(seconds: pd.DataFrame) -> pd.DataFrame:
    """The same values in the same types, from wherever they were read."""
    types = dict.fromkeys(SECOND_COLUMNS, "float64") | {TIME: "datetime64[us, UTC]"}
    return seconds[list(FRAME_COLUMNS)].astype(types)


def measured(examples: Examples) -> dict[str, dict[str, float]]:
    """By part and metric, USD: a model of the first 70 % on the last 30 %, and walk-forward.

    `test` is next_close by a model that learns nothing more; `test_online` learns every 60 rows.
    """
    train, test = split(examples)
    model = fit_ridge(train)
    online = walk(model, test)
    walked = walk_ridge(examples)
    known = walked.examples
    return {
        "test": errors(test.next_close, model.predict(test.asking(NEXT_CLOSE))),
        "test_persistence": errors(test.next_close, test.last_close),
        "test_ewma": errors(test.next_close, test.ewma),
        "test_online": errors(test.next_close, online.forecasts[:, 0]),
        "test_next_high": errors(test.next_high, model.predict(test.asking(NEXT_HIGH))),
        "test_next_high_persistence": errors(test.next_high, test.last_close),
        "test_current_high": errors(test.current_high, current_high_of(test)),
        "walk_forward": summary_of(walked),
        "walk_forward_persistence": errors(known.next_close, known.last_close),
        "walk_forward_ewma": errors(known.next_close, known.ewma),
        "walk_forward_next_high": errors(known.next_high, walked.forecasts[:, 1]),
    }
