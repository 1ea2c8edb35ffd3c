"""Many questions to one model at once."""

import numpy as np
import numpy.typing as npt
import pytest

from learning.inference import Predict
from modelregistry.loading import LoadedModel
from predictions.answers import predictions_of

Rows = npt.NDArray[np.float64]
ROWS = np.array([[1.0], [2.0], [3.0]])


def model_of(predict: Predict) -> LoadedModel:
    return LoadedModel(1, "homes", 1, "foreign", "", ("x",), False, None, "pickle", predict)


def tenfold(rows: Rows) -> Rows:
    return rows[:, 0] * 10


def fails_at_two(rows: Rows) -> Rows:
    if (rows == 2).any():
        raise ArithmeticError("two")
    return tenfold(rows)


def test_it_works() -> None:
    assert predictions_of(model_of(tenfold), ROWS).tolist() == [10, 20, 30]


def test_a_row_that_the_model_fails_on_takes_no_other_along(
    caplog: pytest.LogCaptureFixture,
) -> None:
    found = predictions_of(model_of(fails_at_two), ROWS)
    assert np.array_equal(found, [10, np.nan, 30], equal_nan=True)
    assert "ArithmeticError" in caplog.text


def test_too_few_answers_are_none() -> None:
    found = predictions_of(model_of(lambda rows: tenfold(rows)[:1]), ROWS)
    assert found.tolist() == [10, 20, 30]  # each alone
    assert np.isnan(predictions_of(model_of(lambda rows: np.empty(0)), ROWS)).all()
