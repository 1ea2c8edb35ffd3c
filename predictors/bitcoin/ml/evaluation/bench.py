"""What the parts of an evaluation share: examples, the split, the model that was fitted once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from predictors.bitcoin.ml.accuracy import errors, gain, rmse
from predictors.bitcoin.ml.examples import Examples, examples_of
from predictors.bitcoin.ml.features import CONTEXT, windows_of
from predictors.bitcoin.ml.handed_over import DenseNetwork
from predictors.bitcoin.ml.ridge import OnlineRidge, outcomes_of
from predictors.bitcoin.ml.schema import WINDOW
from predictors.bitcoin.ml.targets import NEXT_CLOSE
from predictors.bitcoin.ml.training import fit_ridge, split, walk_ridge
from predictors.bitcoin.ml.walking import Walk

Rows = npt.NDArray[np.float64]
Figures = dict[str, Any]
"""JSON. `rows`: a list of objects with a `name` and numbers, a table from top to bottom."""

SEED = 20_200_101


@dataclass(frozen=True, slots=True, eq=False)
class Bench:
    """Fitted on the first 70 %, asked on the last 30 %; `walk` walks over all."""

    seconds: pd.DataFrame
    examples: Examples
    train: Examples
    test: Examples
    model: OnlineRidge
    walk: Walk
    network: DenseNetwork | None
    report: Callable[[str], None]

    @property
    def windows(self) -> Rows:
        """`(n, 60, 6)`: of every example."""
        windows = windows_of(self.seconds)
        kept: Rows = windows[self.examples.places - (WINDOW - 1)]
        return kept

    @property
    def forecast(self) -> Rows:
        """The model's `next_close` of the test part, `(n_test,)`, USD."""
        return self.model.predict(self.test.asking(NEXT_CLOSE))

    def row(self, name: str, predicted: Rows) -> Figures:
        """Errors of `next_close` on the test part, beside both naive guesses."""
        return beside_naive(self.test, name, predicted)


def bench_of(
    seconds: pd.DataFrame, network: DenseNetwork | None, report: Callable[[str], None]
) -> Bench:
    examples = examples_of(seconds)
    train, test = split(examples)
    return Bench(
        seconds=seconds,
        examples=examples,
        train=train,
        test=test,
        model=fit_ridge(train),
        walk=walk_ridge(examples),
        network=network,
        report=report,
    )


def beside_naive(examples: Examples, name: str, predicted: Rows) -> Figures:
    """`gain_…`: by how many per cent the RMSE is smaller than that of the naive guess."""
    actual = examples.next_close
    found = errors(actual, predicted)
    return {
        "name": name,
        **found,
        "gain_over_persistence": gain(found["rmse"], rmse(examples.last_close - actual)),
        "gain_over_ewma": gain(found["rmse"], rmse(examples.ewma - actual)),
    }


def naive_rows(examples: Examples) -> list[Figures]:
    return [
        beside_naive(examples, "persistence (the last close)", examples.last_close),
        beside_naive(examples, "EWMA(0.2) of the closes", examples.ewma),
    ]


def scale_free(examples: Examples) -> Rows:
    """`(n, 24)`, columns SCALE_FREE."""
    return examples.rows[:, len(CONTEXT) :]


def basis_points(examples: Examples) -> Rows:
    """What is learned: `next_close` in basis points of ln(actual / last close), `(n,)`."""
    return outcomes_of(examples.rows, examples.next_close, examples.next_high)[:, 0]


def in_dollars(examples: Examples, expected: Rows) -> Rows:
    """Back from `basis_points`, `(n,)`."""
    dollars: Rows = examples.last_close * np.exp(expected / 1e4)
    return dollars
