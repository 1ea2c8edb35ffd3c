import numpy as np
import pytest

from learning.metrics import regression_metrics
from learning.resampling import bootstrap, paired_bootstrap


def mean(values: np.ndarray) -> dict[str, float]:
    return {"mean": float(values.mean())}


def test_it_works() -> None:
    """Near the interval that theory gives for a mean: ±1.96 standard errors."""
    values = np.random.default_rng(1).normal(10, 2, 400)
    low, high = bootstrap(mean, values)["mean"]
    error = values.std() / 20
    assert low == pytest.approx(values.mean() - 1.96 * error, abs=0.3 * error)
    assert high == pytest.approx(values.mean() + 1.96 * error, abs=0.3 * error)


def test_the_same_rows_give_the_same_interval() -> None:
    values = np.arange(50.0)
    assert bootstrap(mean, values) == bootstrap(mean, values)
    assert bootstrap(mean, values) != bootstrap(mean, values, seed=1)


def test_what_belongs_to_one_row_is_drawn_together() -> None:
    values = np.arange(50.0)

    def difference(first: np.ndarray, second: np.ndarray) -> dict[str, float]:
        return {"largest": float(np.abs(first - second).max())}

    assert bootstrap(difference, values, values, draws=20)["largest"] == [0, 0]


def test_a_draw_without_a_figure_is_left_out() -> None:
    def odd(values: np.ndarray) -> dict[str, float]:
        return {"it": float("nan") if values[0] > 25 else 1.0}

    assert bootstrap(odd, np.arange(50.0), draws=50)["it"] == [1, 1]


def test_a_better_model_is_told_from_a_worse_one() -> None:
    random = np.random.default_rng(2)
    actual = random.uniform(100, 200, 300)
    noise = random.normal(0, 10, 300)
    found = paired_bootstrap(regression_metrics, actual, actual + noise, actual + 2 * noise)
    assert found["mae"]["decided"]
    assert found["mae"]["difference"] < 0
    assert found["r2"]["difference"] > 0
    assert found["mae"]["interval"][0] < found["mae"]["difference"] < found["mae"]["interval"][1]


def test_two_models_alike_are_not_told_apart() -> None:
    random = np.random.default_rng(3)
    actual = random.uniform(100, 200, 300)
    ours, theirs = (actual + random.normal(0, 10, 300) for _ in range(2))
    assert not paired_bootstrap(regression_metrics, actual, ours, theirs)["r2"]["decided"]
