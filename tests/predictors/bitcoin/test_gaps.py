"""Windows across a gap without trades are not learned from, and nothing is judged by them."""

from datetime import timedelta

import numpy as np
import pytest

from predictors.bitcoin.held_out import held_out, training_rows
from predictors.bitcoin.ml.features import MODEL_FEATURES
from predictors.bitcoin.ml.schema import WINDOW
from predictors.bitcoin.models import Second
from predictors.bitcoin.recording import record_seconds
from predictors.bitcoin.trial import INVENTED, KNOWN, trial_rows

pytestmark = pytest.mark.django_db

AFTER = 100
"""Seconds after the gap, in which the price has doubled."""


@pytest.fixture(autouse=True)
def doubled() -> None:
    rows = Second.objects.all().newest(AFTER)
    begin = rows[-1][0] + timedelta(hours=1)
    record_seconds(
        seconds={
            begin + timedelta(seconds=place): (*(2 * price for price in values[:4]), *values[4:])
            for place, (_, *values) in enumerate(rows)
        },
        recorded_by="test",
    )


def test_a_new_model_is_tried_on_none_of_them() -> None:
    trial = trial_rows(MODEL_FEATURES)
    assert len(trial.rows) == len(trial.actual) == KNOWN - WINDOW + INVENTED
    known = slice(0, KNOWN - WINDOW)
    last_close = trial.rows[known, MODEL_FEATURES.index("price_close")]
    assert np.abs(trial.actual[known] / last_close - 1).max() < 0.1


def test_none_of_them_is_held_out_or_among_the_rows_of_training() -> None:
    learned = Second.objects.all().newest(AFTER + 1)[0][0]
    held = held_out({"learned_until": learned.isoformat()}, 1.0)
    rows = held.rows(MODEL_FEATURES)
    assert held.rule["seconds"] == AFTER
    assert len(rows) == len(held.actual) == AFTER - WINDOW
    assert np.abs(held.actual / rows[:, MODEL_FEATURES.index("price_close")] - 1).max() < 0.1
    steps = training_rows(MODEL_FEATURES)[:, MODEL_FEATURES.index("mean_abs_change")]
    assert len(steps) == Second.objects.count() - 2 * WINDOW
    assert steps.max() < 20
