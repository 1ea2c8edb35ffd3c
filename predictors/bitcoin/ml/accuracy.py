"""How far answers were from what came, in USD."""

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.float64]


def errors(actual: Rows, predicted: Rows) -> dict[str, float]:
    """RMSE, MAE and bias (predicted - actual), USD, of two arrays `(n,)`, n at least 1."""
    off = predicted - actual
    return {
        "rmse": rmse(off),
        "mae": float(np.mean(np.abs(off))),
        "bias": float(np.mean(off)),
        "n": len(off),
    }


def rmse(off: Rows) -> float:
    """Root of the mean square of errors `(n,)`, in their unit."""
    return float(np.sqrt(np.mean(np.square(off))))


def gain(ours: float, theirs: float) -> float:
    """By how many per cent our error is smaller than theirs."""
    return 100 * (1 - ours / theirs)
