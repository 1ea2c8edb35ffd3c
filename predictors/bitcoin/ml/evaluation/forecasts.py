"""The recipe itself: on later seconds, by walk-forward, of each target, at other price levels."""

import numpy as np
import numpy.typing as npt

from predictors.bitcoin.ml.accuracy import errors, gain, rmse
from predictors.bitcoin.ml.evaluation.bench import (
    SEED,
    Bench,
    Figures,
    beside_naive,
    naive_rows,
)
from predictors.bitcoin.ml.examples import examples_of
from predictors.bitcoin.ml.features import rows_of
from predictors.bitcoin.ml.schema import RAW_FEATURES
from predictors.bitcoin.ml.targets import CURRENT_HIGH, NEXT_CLOSE, NEXT_HIGH
from predictors.bitcoin.ml.training import fit_ridge, split
from predictors.bitcoin.ml.walking import UPDATE_ROWS, blocks_of, current_high_of, summary_of, walk

Rows = npt.NDArray[np.float64]

PRICES = ("price_open", "price_high", "price_low", "price_close")
FACTORS = {"prices × 2": 2.0, "prices × 0.5": 0.5, "prices × 10": 10.0}
STARTS = 1_000


def on_later_seconds(bench: Bench) -> Figures:
    """Trained on the first 70 %, tested on the last 30 %."""
    online = walk(bench.model, bench.test)
    return {
        "train_rows": len(bench.train),
        "rows": [
            *naive_rows(bench.test),
            bench.row("ridge (served), fixed after the first 70 %", bench.forecast),
            bench.row(f"ridge, learning every {UPDATE_ROWS} rows", online.forecasts[:, 0]),
        ],
    }


def walk_forward(bench: Bench) -> Figures:
    walked = bench.walk
    blocks = blocks_of(walked)
    return {
        **summary_of(walked),
        "rows": [
            *naive_rows(walked.examples),
            beside_naive(
                walked.examples, f"ridge, learning every {UPDATE_ROWS} rows", walked.forecasts[:, 0]
            ),
        ],
        "by_block": [{"name": f"block {n}"} | block for n, block in enumerate(blocks, start=1)],
    }


def by_target(bench: Bench) -> Figures:
    """Each target beside the best that is known of it without a model."""
    test = bench.test
    rows = []
    for target in (NEXT_CLOSE, NEXT_HIGH):
        actual = test.actual(target)
        found = errors(actual, bench.model.predict(test.asking(target)))
        naive = errors(actual, test.last_close)
        rows += [
            {"name": f"{target}: the last close", **naive},
            {
                "name": f"{target}: ridge",
                **found,
                "gain_over_persistence": gain(found["rmse"], naive["rmse"]),
            },
        ]
    known = errors(test.current_high, current_high_of(test))
    rows.append({"name": f"{CURRENT_HIGH}: max(open, close), no forecast", **known})
    same = float(100 * np.mean(test.current_high == current_high_of(test)))
    return {"current_high_known_exactly_percent": same, "rows": rows}


def at_other_levels(bench: Bench) -> Figures:
    """All prices times a factor: errors have to be times that factor, and nothing else changes."""
    plain = bench.forecast
    base = rmse(plain - bench.test.next_close)
    rows = [{"name": "as they are", "rmse": base, "rmse_by_factor": base}]
    for name, factor in FACTORS.items():
        prices = {column: bench.seconds[column] * factor for column in PRICES}
        train, test = split(examples_of(bench.seconds.assign(**prices)))
        asked = bench.model.predict(test.asking(NEXT_CLOSE))
        learned = fit_ridge(train).predict(test.asking(NEXT_CLOSE))
        error = rmse(asked - test.next_close)
        rows.append(
            {
                "name": name,
                "rmse": error,
                "rmse_by_factor": error / factor,
                "farthest_answer": _farthest(asked / factor, plain),
                "farthest_answer_retrained": _farthest(learned / factor, plain),
            }
        )
    return {"rows": rows}


def _farthest(answers: Rows, plain: Rows) -> float:
    """Of relative differences the largest."""
    return float(np.max(np.abs(answers / plain - 1)))


def dead_network(bench: Bench) -> Figures:
    """The handed-over model; nothing if its file is not at hand."""
    if bench.network is None:
        return {}
    network, test = bench.network, bench.test
    raw = rows_of(bench.windows, 0, RAW_FEATURES)
    answers, sums = network.predict(raw)[-len(test) :], network.before_last_relu(raw)
    rows = []
    for target in (NEXT_CLOSE, CURRENT_HIGH):
        actual = test.actual(target)
        rows += [
            {"name": f"{target}: handed over", **errors(actual, answers)},
            {"name": f"{target}: the last close", **errors(actual, test.last_close)},
        ]
    return {
        "answers_other_than_0": int(np.count_nonzero(network.predict(raw))),
        "windows": len(raw),
        "lowest_sum_before_the_last_relu": float(sums.min()),
        "highest_sum_before_the_last_relu": float(sums.max()),
        "largest_bias": float(max(np.abs(bias).max() for bias in network.biases)),
        "starts_dead_percent": _dead_starts(raw, [kernel.shape for kernel in network.kernels]),
        "rows": rows,
    }


def _dead_starts(raw: Rows, shapes: list[tuple[int, ...]]) -> float:
    """Of STARTS draws of first weights as Keras draws them, how many are below 0 for every row.

    Glorot uniform: within ±sqrt(6 / (n_in + n_out)), biases 0; hidden layers linear, so that all
    layers are one vector.
    """
    random = np.random.default_rng(SEED)
    vectors = np.empty((shapes[0][0], STARTS))
    for start in range(STARTS):
        product = np.eye(shapes[0][0])
        for shape in shapes:
            limit = np.sqrt(6 / sum(shape))
            product = product @ random.uniform(-limit, limit, shape)
        vectors[:, start] = product[:, 0]
    return float(100 * np.mean((raw @ vectors).max(axis=0) < 0))
