import numpy as np
import pytest

from learning.metrics import regression_metrics


def test_it_works() -> None:
    metrics = regression_metrics(np.array([100.0, 200.0, 300.0]), np.array([110.0, 200.0, 270.0]))
    assert metrics["r2"] == pytest.approx(1 - 1000 / 20000)
    assert metrics["rmse"] == pytest.approx((1000 / 3) ** 0.5)
    assert metrics["mae"] == pytest.approx(40 / 3)
    assert metrics["mdape"] == pytest.approx(10)
