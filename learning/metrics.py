"""Accuracy of a regression, in the terms of automated valuation."""

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]


def regression_metrics(actual: Values, predicted: Values) -> dict[str, float]:
    """R² (no unit), RMSE and MAE (unit of the target), MdAPE (%), for two arrays `(n_rows,)`.

    R² is NaN where all truths are equal: there is no variance to explain. MdAPE is the median of
    |predicted - actual| / actual, as AVM vendors publish it.
    """
    actual = np.asarray(actual, dtype=np.float64)
    error = np.asarray(predicted, dtype=np.float64) - actual
    spread = float(np.sum((actual - actual.mean()) ** 2))
    return {
        "r2": 1.0 - float(np.sum(error**2)) / spread if spread else float("nan"),
        "rmse": float(np.sqrt(np.mean(error**2))),
        "mae": float(np.mean(np.abs(error))),
        "mdape": float(100 * np.median(np.abs(error) / actual)),
    }


def valuation_metrics(actual: Values, predicted: Values) -> dict[str, float]:
    """`regression_metrics` and what else vendors of AVMs publish, for two arrays `(n_rows,)`.

    MAPE is the mean of |predicted - actual| / actual (%); `within_10` the share of estimates that
    are at most 10 % off the price (%), likewise 5 and 20.
    """
    actual = np.asarray(actual, dtype=np.float64)
    off = np.abs(np.asarray(predicted, dtype=np.float64) - actual) / actual
    return regression_metrics(actual, predicted) | {
        "mape": float(100 * np.mean(off)),
        **{f"within_{limit}": float(100 * np.mean(off <= limit / 100)) for limit in (5, 10, 20)},
    }
