#!/usr/bin/env python3
"""What learning sixty traded seconds costs, and how far the result is from ridge on all at once.

    python benchmarks/online_update.py /path/to/data

Of `bitcoin.csv` there: the first 600 windows are learned at once, the others in updates of 60, as
the service learns. The batch is solved from all rows by least squares (QR, not the sums).
"""

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

sys.path.insert(0, str(Path(__file__).parent.parent))

from learning.artifact import pickled
from predictors.bitcoin.ml.examples import Examples, examples_of
from predictors.bitcoin.ml.features import MODEL_FEATURES, one_row, windows_of
from predictors.bitcoin.ml.ridge import OnlineRidge, outcomes_of, standardised
from predictors.bitcoin.ml.schema import SECOND_COLUMNS
from predictors.bitcoin.ml.targets import FORECASTS
from predictors.bitcoin.ml.training import fit_ridge

FIRST, UPDATE = 600, 60
ROUNDS = 1_000


def main(folder: Path) -> None:
    table = pd.read_csv(folder / "bitcoin.csv")
    table["time"] = pd.to_datetime(table["time_period_start"], utc=True)
    seconds = table[["time", *SECOND_COLUMNS]]
    examples = examples_of(seconds)
    first = fit_ridge(examples.part(0, FIRST))
    model, updates = first, 0
    for start in range(FIRST, len(examples), UPDATE):
        model = learned(model, examples.part(start, start + UPDATE))
        updates += 1
    # Sixty seconds to learn need sixty before the first of them, and one after the last.
    newest = seconds.iloc[-(UPDATE + 60) :]
    window = np.ascontiguousarray(windows_of(newest)[0])
    row, answer = one_row(window, 0, MODEL_FEATURES)[None], model.compiled()
    say(f"{len(seconds):,} traded seconds, {updates} updates of {UPDATE}; {ROUNDS:,} rounds, µs")
    for name, step in {
        "windows and features of 60 seconds": lambda: examples_of(newest),
        "the update: sums and coefficients": lambda: learned(model, examples.part(0, UPDATE)),
        "both": lambda: learned(model, examples_of(newest)),
        "the new model's bytes": lambda: pickled(model),
        "features of one window, to answer": lambda: one_row(window, 0, MODEL_FEATURES),
        "one answer of the model": lambda: answer(row),
    }.items():
        median, late = timed(step)
        say(f"  {name:38} median {median:8.1f}   p99 {late:9.1f}")
    for name, off in from_batch(model, examples).items():
        say(f"  largest difference to the batch, {name}: {off:.1e}")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def learned(model: OnlineRidge, part: Examples) -> OnlineRidge:
    return model.updated(part.rows, part.next_close, part.next_high)


def timed(step: Callable[[], Any]) -> tuple[float, float]:
    """Median and 99th percentile, µs."""
    spent = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        step()
        spent.append(1e6 * (time.perf_counter() - start))
    return statistics.median(spent), sorted(spent)[int(0.99 * ROUNDS)]


def from_batch(model: OnlineRidge, examples: Examples) -> dict[str, float]:
    """Of the coefficients (basis points per standard deviation), and of answers (relative)."""
    standard = standardised(examples.rows[:, 3:], model.mean, model.scale)
    outcomes = outcomes_of(examples.rows, examples.next_close, examples.next_high)
    root = np.sqrt(model.forgetting ** np.arange(len(standard))[::-1])[:, None]
    drawn = np.sqrt(model.penalty) * np.eye(standard.shape[1])[1:]
    nothing: npt.NDArray[np.float64] = np.zeros((len(drawn), outcomes.shape[1]))
    found = np.linalg.lstsq(
        np.vstack([root * standard, drawn]), np.vstack([root * outcomes, nothing]), rcond=None
    )[0]
    batch = examples.last_close[:, None] * np.exp(standard @ found / 1e4)
    online = np.column_stack([model.predict(examples.asking(target)) for target in FORECASTS])
    return {
        "coefficients": float(np.abs(model.weights.T * model.scale[:, None] - found[1:]).max()),
        "answers, relative": float(np.abs(online / batch - 1).max()),
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
