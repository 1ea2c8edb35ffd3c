import numpy as np
import pytest

from learning.metrics import regression_metrics, valuation_metrics


def test_it_works() -> None:
    metrics = regression_metrics(np.array([100.0, 200.0, 300.0]), np.array([110.0, 200.0, 270.0]))
    assert metrics["r2"] == pytest.approx(1 - 1000 / 20000)
    assert metrics["rmse"] == pytest.approx((1000 / 3) ** 0.5)
    assert metrics["mae"] == pytest.approx(40 / 3)
    assert metrics["mdape"] == pytest.approx(10)


def test_shares_of_estimates_near_the_price() -> None:
    actual = np.array([100.0, 100.0, 100.0, 200.0])
    found = valuation_metrics(actual, np.array([104.0, 90.0, 115.0, 300.0]))
    assert (found["within_5"], found["within_10"], found["within_20"]) == (25, 50, 75)
    assert found["mape"] == pytest.approx((4 + 10 + 15 + 50) / 4)
    assert found["mdape"] == pytest.approx(12.5)
