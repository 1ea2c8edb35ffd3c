"""Walk-forward: predict the next sixty traded seconds, see what came, learn from it, go on.

That is how the service learns online, with the same model and the same update.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from predictors.bitcoin.ml.accuracy import errors, rmse
from predictors.bitcoin.ml.examples import Examples
from predictors.bitcoin.ml.ridge import OnlineRidge, fitted
from predictors.bitcoin.ml.targets import CURRENT_HIGH, FORECASTS

Rows = npt.NDArray[np.float64]

FIRST_ROWS: Final = 600
"""Learned before the first prediction."""
UPDATE_ROWS: Final = 60
BLOCKS: Final = 16


@dataclass(frozen=True, slots=True, eq=False)
class Walk:
    examples: Examples
    """Those that were predicted before they were learned."""
    forecasts: Rows
    """`(n, 2)`, USD, for each of FORECASTS."""
    updates: int
    model: OnlineRidge
    """As it was after the last update."""


def walk(model: OnlineRidge, examples: Examples, *, update_rows: int = UPDATE_ROWS) -> Walk:
    """From a model of what came before `examples` on."""
    forecasts = np.empty((len(examples), len(FORECASTS)))
    asked = [examples.asking(target) for target in FORECASTS]
    updates = 0
    for start in range(0, len(examples), update_rows):
        part = slice(start, start + update_rows)
        for place, rows in enumerate(asked):
            forecasts[part, place] = model.predict(rows[part])
        model = model.updated(
            examples.rows[part], examples.next_close[part], examples.next_high[part]
        )
        updates += 1
    return Walk(examples, forecasts, updates, model)


def walk_from_start(examples: Examples, *, penalty: float, forgetting: float) -> Walk:
    """The first FIRST_ROWS are learned at once, or half of the rows if they are few."""
    first = examples.part(0, min(FIRST_ROWS, len(examples) // 2))
    model = fitted(
        first.rows, first.next_close, first.next_high, penalty=penalty, forgetting=forgetting
    )
    return walk(model, examples.part(len(first)))


def blocks_of(walked: Walk, blocks: int = BLOCKS) -> list[dict[str, float]]:
    """RMSE of `next_close`, USD, in each of that many equal parts of the time, beside the naive."""
    examples, actual = walked.examples, walked.examples.next_close
    off = {
        "model": walked.forecasts[:, 0] - actual,
        "persistence": examples.last_close - actual,
        "ewma": examples.ewma - actual,
    }
    return [
        {"rows": len(part)} | {name: rmse(values[part]) for name, values in off.items()}
        for part in np.array_split(np.arange(len(examples)), blocks)
        if len(part)
    ]


def summary_of(walked: Walk) -> dict[str, float]:
    """Errors of `next_close`, USD, and in how many blocks the model beats each naive guess."""
    blocks = blocks_of(walked)
    return {
        **errors(walked.examples.next_close, walked.forecasts[:, 0]),
        "updates": walked.updates,
        "blocks": len(blocks),
        "blocks_better_than_persistence": sum(b["model"] < b["persistence"] for b in blocks),
        "blocks_better_than_ewma": sum(b["model"] < b["ewma"] for b in blocks),
    }


def current_high_of(examples: Examples) -> Rows:
    """What every model says of the current high: max(open, close), `(n,)`, USD."""
    rows = examples.asking(CURRENT_HIGH)
    highest: Rows = np.maximum(rows[:, 1], rows[:, 2])
    return highest
