"""How sure a difference of errors is when neighbours in time are alike: the moving-block bootstrap.

Künsch 1989: blocks of consecutive rows are drawn instead of rows, so that what hangs together
stays together. It says nothing about another day or another market.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from predictors.bitcoin.ml.evaluation.bench import SEED, Bench, Figures
from predictors.bitcoin.ml.walking import walk

Rows = npt.NDArray[np.float64]

BLOCK: Final = 120
DRAWS: Final = 2_000


def intervals(bench: Bench) -> Figures:
    """RMSE of the model less that of a naive guess, USD: below 0 the model is better."""
    online = walk(bench.model, bench.test)
    cases = (
        ("last 30 %, fixed", bench.test, bench.forecast),
        ("last 30 %, learning online", bench.test, online.forecasts[:, 0]),
        ("walk-forward", bench.walk.examples, bench.walk.forecasts[:, 0]),
    )
    rows = []
    for name, examples, predicted in cases:
        for rival, guess in (("persistence", examples.last_close), ("EWMA(0.2)", examples.ewma)):
            ours, theirs = predicted - examples.next_close, guess - examples.next_close
            rows.append({"name": f"{name}: less {rival}", **difference(ours, theirs)})
    return {"block_rows": BLOCK, "draws": DRAWS, "rows": rows}


def difference(ours: Rows, theirs: Rows, *, block: int = BLOCK, draws: int = DRAWS) -> Figures:
    """Of errors `(n,)` of the same rows in the order of time: RMSE ours - theirs, 95 % interval."""
    block = min(block, len(ours))
    random = np.random.default_rng(SEED)
    starts = random.integers(0, len(ours) - block + 1, (draws, -(-len(ours) // block)))
    drawn = [_mean_squares(off, starts, block) for off in (ours, theirs)]
    differences = np.sqrt(drawn[0]) - np.sqrt(drawn[1])
    lower, upper = np.percentile(differences, [2.5, 97.5])
    return {
        "difference": float(np.sqrt(np.mean(ours**2)) - np.sqrt(np.mean(theirs**2))),
        "lower": float(lower),
        "upper": float(upper),
        "better_draws_percent": float(100 * np.mean(differences < 0)),
    }


def _mean_squares(off: Rows, starts: npt.NDArray[np.int64], block: int) -> Rows:
    """`(draws,)`: of the blocks that begin at `starts` `(draws, blocks)`."""
    summed = np.concatenate([[0.0], np.cumsum(off**2)])
    means: Rows = (summed[starts + block] - summed[starts]).mean(axis=1) / block
    return means
