"""The fast predictor is only worth having if nobody can tell it from the pickle by its answers."""

import pickle
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import KNeighborsRegressor, RadiusNeighborsRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

from learning.inference import (
    PROOF_ROWS,
    NearestNeighbours,
    Predict,
    Rows,
    fast_predictor,
    prove,
)
from predictors.homes.ml.basic import train_basic
from tests.conftest import DATA_FOLDERS

RANDOM = np.random.default_rng(42)
# Twelve different homes of three facts, each sold about 25 times at different prices.
HOMES = RANDOM.integers(0, 9, (12, 3)).astype(np.float64)
SOLD = HOMES[RANDOM.integers(0, len(HOMES), 300)]
PRICES = RANDOM.uniform(1e5, 1e6, len(SOLD))
# As sold, or between the homes sold: many have several at exactly the same distance.
ASKED = np.vstack([HOMES, RANDOM.integers(0, 19, (200, 3)) / 2.0])


def fast(estimator: Any) -> Predict:
    predict = fast_predictor(estimator)
    assert predict is not None
    return predict


def alone(predict: Predict, rows: Rows) -> Rows:
    return np.concatenate([predict(rows[i : i + 1]) for i in range(len(rows))])


@pytest.mark.parametrize("folder", DATA_FOLDERS.values(), ids=DATA_FOLDERS)
def test_it_works(folder: Path) -> None:
    sales = pd.read_csv(folder / "kc_house_data.csv", dtype={"zipcode": str})
    demographics = pd.read_csv(folder / "zipcode_demographics.csv", dtype={"zipcode": str})
    artifact = train_basic(sales, demographics)
    estimator = pickle.loads(artifact.model_bytes)
    homes = sales.head(PROOF_ROWS).merge(demographics, how="left", on="zipcode")
    rows = homes[list(artifact.feature_names)].to_numpy(np.float64)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "X does not have valid feature names")
        proof = prove(estimator.predict, fast(estimator), rows)
    assert proof.equal
    assert proof.rows == PROOF_ROWS
    assert proof.max_relative_difference == 0


@pytest.mark.parametrize("algorithm", ["brute", "kd_tree", "ball_tree"])
@pytest.mark.parametrize("n_neighbors", [1, 2, 5, 30, 299])
def test_identical_homes_with_different_prices_get_the_answer_of_the_pickle(
    n_neighbors: int, algorithm: str
) -> None:
    model = KNeighborsRegressor(n_neighbors, algorithm=algorithm).fit(SOLD, PRICES)
    np.testing.assert_allclose(
        alone(fast(model), ASKED), alone(model.predict, ASKED), rtol=1e-12, atol=0
    )


def test_homes_that_rounding_alone_tells_apart_get_the_answer_of_the_pickle() -> None:
    """Far from the origin scikit-learn sees one distance where there are many, and the reverse."""
    sold = 1e6 + SOLD + RANDOM.normal(scale=1e-6, size=SOLD.shape)
    model = KNeighborsRegressor(5, algorithm="brute").fit(sold, PRICES)
    asked = 1e6 + ASKED
    np.testing.assert_allclose(alone(fast(model), asked), alone(model.predict, asked), rtol=1e-12)


@pytest.mark.parametrize("n_neighbors", [1, 3, 7, 8, 9, 40])
def test_a_home_has_the_same_value_alone_and_in_every_batch_to_the_last_bit(
    n_neighbors: int,
) -> None:
    predict = fast(
        make_pipeline(RobustScaler(), KNeighborsRegressor(n_neighbors)).fit(SOLD, PRICES)
    )
    expected = alone(predict, ASKED)
    for size in (2, 7, 100, len(ASKED)):
        batches = [predict(ASKED[i : i + size]) for i in range(0, len(ASKED), size)]
        assert np.concatenate(batches).tobytes() == expected.tobytes()
    assert predict(np.asfortranarray(ASKED)).tobytes() == expected.tobytes()


@pytest.mark.parametrize(
    "scalers",
    [
        [RobustScaler()],
        [RobustScaler(with_centering=False)],
        [RobustScaler(with_scaling=False)],
        [StandardScaler()],
        [StandardScaler(with_mean=False)],
        [StandardScaler(with_std=False)],
        [StandardScaler(), RobustScaler(unit_variance=True)],
    ],
    ids=str,
)
def test_every_known_scaler_is_applied_as_the_pickle_applies_it(scalers: list[Any]) -> None:
    model = make_pipeline(*scalers, KNeighborsRegressor()).fit(SOLD, PRICES)
    np.testing.assert_allclose(
        alone(fast(model), ASKED), alone(model.predict, ASKED), rtol=1e-12, atol=0
    )


def test_prices_may_be_whole_numbers() -> None:
    model = KNeighborsRegressor().fit(SOLD, PRICES.astype(np.int64))
    np.testing.assert_allclose(alone(fast(model), ASKED), alone(model.predict, ASKED), rtol=1e-12)


def test_a_model_fitted_on_named_columns_is_answered_without_a_warning() -> None:
    model = KNeighborsRegressor().fit(pd.DataFrame(SOLD, columns=["a", "b", "c"]), PRICES)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fast(model)(ASKED)
    assert list(model.feature_names_in_) == ["a", "b", "c"]


def test_many_threads_get_the_answers_of_one() -> None:
    predict = fast(make_pipeline(RobustScaler(), KNeighborsRegressor()).fit(SOLD, PRICES))
    expected = predict(ASKED)
    with ThreadPoolExecutor(8) as pool:
        for answers in pool.map(lambda _: alone(predict, ASKED), range(16)):
            assert answers.tobytes() == expected.tobytes()


def test_a_predictor_that_serves_cannot_be_changed() -> None:
    predict = fast(KNeighborsRegressor().fit(SOLD, PRICES))
    assert isinstance(predict, NearestNeighbours)
    with pytest.raises(FrozenInstanceError):
        predict.n_neighbors = 3  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        predict.target[0] = 0


def test_a_row_of_the_wrong_length_is_refused() -> None:
    predict = fast(make_pipeline(RobustScaler(), KNeighborsRegressor()).fit(SOLD, PRICES))
    for rows in (ASKED[:, :1], ASKED[:, :2], ASKED[0]):
        with pytest.raises(ValueError, match="3 features"):
            predict(rows)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_row_that_is_not_finite_is_refused_as_the_pickle_refuses_it(value: float) -> None:
    model = KNeighborsRegressor().fit(SOLD, PRICES)
    rows = np.array([[1.0, value, 1.0]])
    for predict in (model.predict, fast(model)):
        with pytest.raises(ValueError):
            predict(rows)


class Halved(KNeighborsRegressor):
    def predict(self, X: Rows) -> Any:  # noqa: N803
        return super().predict(X) / 2


def without(estimator: Any, attribute: str) -> Any:
    del vars(estimator)[attribute]
    return estimator


UNKNOWN = {
    "nothing": None,
    "text": "a model",
    "a class": KNeighborsRegressor,
    "another estimator": LinearRegression().fit(SOLD, PRICES),
    "other neighbours": RadiusNeighborsRegressor().fit(SOLD, PRICES),
    "a subclass": Halved().fit(SOLD, PRICES),
    "not fitted": KNeighborsRegressor(),
    "a pipeline not fitted": make_pipeline(RobustScaler(), KNeighborsRegressor()),
    "an empty pipeline": Pipeline([]),
    "a pipeline of nothing": Pipeline([None]),
    "a pipeline without steps": Pipeline(None),
    "a bare object": KNeighborsRegressor.__new__(KNeighborsRegressor),
    "weights": KNeighborsRegressor(weights="distance").fit(SOLD, PRICES),
    "own weights": KNeighborsRegressor(weights=np.ones_like).fit(SOLD, PRICES),
    "Manhattan": KNeighborsRegressor(p=1).fit(SOLD, PRICES),
    "p = 3": KNeighborsRegressor(p=3).fit(SOLD, PRICES),
    "another metric": KNeighborsRegressor(metric="chebyshev").fit(SOLD, PRICES),
    "own metric": KNeighborsRegressor(metric=lambda a, b: abs(a - b).sum()).fit(SOLD, PRICES),
    "weighted metric": KNeighborsRegressor(metric_params={"w": [1, 2, 3]}).fit(SOLD, PRICES),
    "two targets": KNeighborsRegressor().fit(SOLD, np.c_[PRICES, PRICES]),
    "a column": KNeighborsRegressor().fit(SOLD, PRICES[:, None]),
    "float32 rows": KNeighborsRegressor().fit(SOLD.astype(np.float32), PRICES),
    "whole rows": KNeighborsRegressor().fit(SOLD.astype(np.int64), PRICES),
    "float32 target": KNeighborsRegressor().fit(SOLD, PRICES.astype(np.float32)),
    "all are neighbours": KNeighborsRegressor(len(SOLD)).fit(SOLD, PRICES),
    "another scaler": make_pipeline(MinMaxScaler(), KNeighborsRegressor()).fit(SOLD, PRICES),
    "no scaler": make_pipeline("passthrough", KNeighborsRegressor()).fit(SOLD, PRICES),
    "no estimator": make_pipeline(RobustScaler(), StandardScaler()).fit(SOLD),
    "scaler not fitted": Pipeline(
        [("s", RobustScaler()), ("k", KNeighborsRegressor().fit(SOLD, PRICES))]
    ),
    "damaged": without(KNeighborsRegressor().fit(SOLD, PRICES), "_y"),
}


@pytest.mark.parametrize("estimator", UNKNOWN.values(), ids=UNKNOWN)
def test_what_we_do_not_know_is_left_to_the_pickle(estimator: Any) -> None:
    assert fast_predictor(estimator) is None


class Squares:
    """Knows a quicker way itself."""

    def predict(self, rows: Rows) -> Rows:
        return np.array([row[0] ** 2 for row in rows])

    def compiled(self) -> Predict:
        return lambda rows: rows[:, 0] ** 2


class Marked(Squares):
    compiled = True  # type: ignore[assignment]  # as other libraries call other things


def test_an_estimator_that_brings_its_own_fast_predictor_is_asked_for_it() -> None:
    predict = fast(Squares())
    assert predict(ASKED).tolist() == (ASKED[:, 0] ** 2).tolist()
    assert prove(Squares().predict, predict, ROWS).equal


@pytest.mark.parametrize("estimator", [Squares, Marked()])
def test_what_is_only_named_so_is_left_to_the_pickle(estimator: Any) -> None:
    assert fast_predictor(estimator) is None


ROWS = np.c_[np.arange(1.0, PROOF_ROWS + 1), np.arange(PROOF_ROWS) % 100]


def first_fact(rows: Rows) -> Rows:
    return rows[:, 0]


def test_fewer_rows_prove_nothing() -> None:
    assert prove(first_fact, first_fact, ROWS).equal
    assert not prove(first_fact, first_fact, ROWS[1:]).equal
    assert not prove(first_fact, first_fact, ROWS[:0]).equal


def test_one_wrong_answer_disproves() -> None:
    def wrong_once(rows: Rows) -> Rows:
        return np.where(rows[:, 0] == 500, 501.0, rows[:, 0])

    proof = prove(first_fact, wrong_once, ROWS)
    assert not proof.equal
    assert proof.max_relative_difference == pytest.approx(1 / 500)


def test_an_answer_wrong_only_in_a_batch_or_only_alone_disproves() -> None:
    def shifted_in_a_batch(rows: Rows) -> Rows:
        return first_fact(rows) + float(len(rows) > 1)

    def shifted_alone(rows: Rows) -> Rows:
        return first_fact(rows) + float(len(rows) == 1)

    assert not prove(first_fact, shifted_in_a_batch, ROWS).equal
    assert not prove(first_fact, shifted_alone, ROWS).equal


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_an_answer_that_is_not_finite_disproves_even_if_both_give_it(value: float) -> None:
    def not_finite(rows: Rows) -> Rows:
        return np.where(rows[:, 0] == 500, value, rows[:, 0])

    assert not prove(not_finite, not_finite, ROWS).equal


def test_zero_equals_only_zero() -> None:
    def nothing(rows: Rows) -> Rows:
        return np.zeros(len(rows))

    assert prove(nothing, nothing, ROWS).equal
    assert not prove(nothing, first_fact, ROWS).equal


def test_where_the_pickle_contradicts_itself_its_answer_alone_counts() -> None:
    def answers_of_the_batch(rows: Rows) -> Rows:
        return np.where(rows[:, 1] == 0, rows[:, 0] + 1, rows[:, 0])

    def contradicts_itself(rows: Rows) -> Rows:
        return answers_of_the_batch(rows) if len(rows) > 1 else first_fact(rows)

    proof = prove(contradicts_itself, first_fact, ROWS)
    assert proof.equal
    assert proof.contradictions == 10
    assert not prove(contradicts_itself, answers_of_the_batch, ROWS).equal
