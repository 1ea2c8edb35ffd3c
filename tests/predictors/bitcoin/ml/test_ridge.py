"""The model that goes on learning."""

import numpy as np
import pytest

from learning.artifact import pickled
from learning.building import build_estimator
from learning.inference import PROOF_ROWS, fast_predictor, prove
from predictors.bitcoin.ml.examples import Examples, examples_of
from predictors.bitcoin.ml.features import MODEL_FEATURES, rows_of, windows_of
from predictors.bitcoin.ml.recipes import CLASSES
from predictors.bitcoin.ml.ridge import FARTHEST, OnlineRidge, fitted, outcomes_of
from predictors.bitcoin.ml.targets import CURRENT_HIGH, FORECASTS, NEXT_CLOSE
from predictors.bitcoin.ml.training import fit_ridge
from tests.predictors.bitcoin.ml.walks import seconds_made


@pytest.fixture(scope="module")
def examples() -> Examples:
    return examples_of(seconds_made(2_000))


@pytest.fixture(scope="module")
def model(examples: Examples) -> OnlineRidge:
    return fit_ridge(examples)


def test_it_works(examples: Examples, model: OnlineRidge) -> None:
    forecasts = model.predict(examples.asking(NEXT_CLOSE))
    off = np.abs(forecasts - examples.next_close)
    assert off.mean() < np.abs(examples.last_close - examples.next_close).mean()


def test_learning_in_steps_is_weighted_ridge_on_all_rows_at_once(examples: Examples) -> None:
    """Scikit-free, from the formula: rows weigh f^age, the constant is not drawn."""
    penalty, forgetting = 30.0, 0.999
    first, rest = examples.part(0, 700), examples.part(700)
    model = fitted(
        first.rows, first.next_close, first.next_high, penalty=penalty, forgetting=forgetting
    )
    for start in (0, 60, 61, 400):
        end = {0: 60, 60: 61, 61: 400, 400: len(rest)}[start]
        part = rest.part(start, end)
        model = model.updated(part.rows, part.next_close, part.next_high)

    standard = (examples.rows[:, 3:] - model.mean) / model.scale
    standard = np.column_stack([np.ones(len(standard)), standard])
    root = np.sqrt(forgetting ** np.arange(len(standard))[::-1])[:, None]
    outcomes = outcomes_of(examples.rows, examples.next_close, examples.next_high)
    drawn = np.sqrt(penalty) * np.eye(standard.shape[1])[1:]
    stacked = np.vstack([root * standard, drawn])
    goal = np.vstack([root * outcomes, np.zeros((len(drawn), 2))])
    found = np.linalg.lstsq(stacked, goal, rcond=None)[0]
    batch = examples.last_close[:, None] * np.exp(standard @ found / 1e4)
    for place, target in enumerate(FORECASTS):
        online = model.predict(examples.asking(target))
        assert np.abs(online / batch[:, place] - 1).max() < 1e-9
    assert np.abs(model.weights.T * model.scale[:, None] - found[1:]).max() < 1e-9


def test_learning_makes_another_model_and_leaves_the_first_as_it_was(
    examples: Examples, model: OnlineRidge
) -> None:
    before = pickled(model)
    part = examples.part(0, 60)
    other = model.updated(part.rows, part.next_close, part.next_high)
    assert pickled(model) == before
    assert not np.array_equal(other.weights, model.weights)


def test_the_quick_way_gives_the_same_bits(examples: Examples, model: OnlineRidge) -> None:
    rows = examples.rows[: PROOF_ROWS + 5].copy()
    rows[:, 0] = np.arange(len(rows)) % 3
    quick = fast_predictor(model)
    assert quick is not None
    proof = prove(model.predict, quick, rows)
    assert (proof.equal, proof.max_relative_difference, proof.contradictions) == (True, 0.0, 0)


def test_a_pickled_model_answers_alike(examples: Examples, model: OnlineRidge) -> None:
    again = build_estimator(pickled(model), MODEL_FEATURES, allowed=CLASSES)
    assert np.array_equal(again.predict(examples.rows), model.predict(examples.rows))


def test_twice_the_prices_give_exactly_twice_the_answer(model: OnlineRidge) -> None:
    windows = windows_of(seconds_made(500, seed=3))
    twice = windows * np.array([2.0, 2.0, 2.0, 2.0, 1.0, 1.0])
    for target in range(3):
        answers = model.predict(rows_of(windows, target, MODEL_FEATURES))
        doubled = model.predict(rows_of(twice, target, MODEL_FEATURES))
        assert np.array_equal(doubled, 2 * answers)


def test_the_current_high_is_the_higher_of_open_and_close(
    examples: Examples, model: OnlineRidge
) -> None:
    rows = examples.asking(CURRENT_HIGH)
    assert np.array_equal(model.predict(rows), np.maximum(rows[:, 1], rows[:, 2]))


def test_no_answer_is_far_from_the_last_close(examples: Examples, model: OnlineRidge) -> None:
    rows = examples.rows[:2].copy()
    rows[:, 3:] = [[1e9], [-1e9]]
    together, quick = model.predict(rows), model.compiled()
    alone = [quick(rows[place : place + 1])[0] for place in range(2)]
    farthest = {np.exp(sign * FARTHEST / 1e4) for sign in (-1, 1)}
    assert sorted(together / rows[:, 1]) == pytest.approx(sorted(farthest))
    assert together.tolist() == alone


@pytest.mark.parametrize("target", [-1.0, 2.6, 3.0, float("nan")])
def test_a_target_that_is_none_is_refused(
    examples: Examples, model: OnlineRidge, target: float
) -> None:
    rows = examples.rows[:1].copy()
    rows[:, 0] = target
    for ask in (model.predict, model.compiled()):
        with pytest.raises(ValueError, match="target"):
            ask(rows)
