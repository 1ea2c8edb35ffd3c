"""Other models, losses and features on the same split: what was not chosen, and what it costs."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import HuberRegressor, QuantileRegressor, Ridge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from predictors.bitcoin.ml.accuracy import rmse
from predictors.bitcoin.ml.evaluation.bench import (
    SEED,
    Bench,
    Figures,
    basis_points,
    in_dollars,
    naive_rows,
    scale_free,
)
from predictors.bitcoin.ml.features import rows_of
from predictors.bitcoin.ml.schema import RAW_FEATURES

Rows = npt.NDArray[np.float64]
Make = Callable[[], Any]

HIDDEN = (32, 16)
"""As in the handed-over network."""


def trees(loss: str) -> Any:
    return HistGradientBoostingRegressor(
        loss=loss,
        learning_rate=0.05,
        max_iter=150,
        max_leaf_nodes=15,
        l2_regularization=1.0,
        early_stopping=False,
        random_state=SEED,
    )


def network(solver: str, seed: int = SEED) -> Any:
    return MLPRegressor(
        hidden_layer_sizes=HIDDEN,
        solver=solver,
        alpha=1e-3,
        learning_rate_init=1e-3,
        max_iter=40 if solver != "lbfgs" else 150,
        random_state=seed,
    )


def scaled(model: Any) -> Any:
    return make_pipeline(StandardScaler(), model)


ARCHITECTURES: dict[str, Make] = {
    "gradient-boosted trees": lambda: trees("squared_error"),
    "200 nearest neighbours": lambda: scaled(KNeighborsRegressor(200)),
    "network 24-32-16-1, Adam": lambda: scaled(network("adam")),
    "network 24-32-16-1, SGD": lambda: scaled(network("sgd")),
    "network 24-32-16-1, SGD, another seed": lambda: scaled(network("sgd", SEED + 1)),
    "network 24-32-16-1, SGD, a third seed": lambda: scaled(network("sgd", SEED + 2)),
    "network 24-32-16-1, L-BFGS": lambda: scaled(network("lbfgs")),
}
LOSSES: dict[str, Make] = {
    "linear, squared, all rows alike": lambda: scaled(Ridge(alpha=100.0)),
    "linear, Huber": lambda: scaled(HuberRegressor(alpha=1.0, max_iter=1_000)),
    "linear, absolute": lambda: scaled(QuantileRegressor(alpha=0.0)),
    "trees, squared": lambda: trees("squared_error"),
    "trees, absolute": lambda: trees("absolute_error"),
}
# Of raw prices: in dollars, so nothing tells them what the level is.
RAW: dict[str, Make] = {
    "raw prices: ridge": lambda: scaled(Ridge(alpha=100.0)),
    "raw prices: trees": lambda: trees("squared_error"),
    "raw prices: network, all standardised": lambda: TransformedTargetRegressor(
        scaled(network("adam")), transformer=StandardScaler()
    ),
    "raw prices: network, as they come": lambda: network("adam"),
}
FREE: dict[str, Make] = {
    "scale-free: trees": lambda: trees("squared_error"),
    "scale-free: network": lambda: scaled(network("adam")),
}


def architectures(bench: Bench) -> Figures:
    return _beside_ours(bench, ARCHITECTURES)


def losses(bench: Bench) -> Figures:
    return _beside_ours(bench, LOSSES)


def _beside_ours(bench: Bench, rivals: dict[str, Make]) -> Figures:
    rows = [*naive_rows(bench.test), bench.row("ridge (served)", bench.forecast)]
    for name, make in rivals.items():
        bench.report(f"fitting: {name}")
        model = _fit(make(), scale_free(bench.train), basis_points(bench.train))
        expected = model.predict(scale_free(bench.test))
        rows.append(bench.row(name, in_dollars(bench.test, expected)))
    return {"rows": rows}


def features(bench: Bench) -> Figures:
    """The same kinds of model on raw prices: as they are, and when the price level doubles."""
    test, cut = bench.test, len(bench.train)
    raw = rows_of(bench.windows, 0, RAW_FEATURES)
    is_price = np.array([name.startswith("price_") for name in RAW_FEATURES])
    doubled = raw[cut:] * np.where(is_price, 2.0, 1.0)
    rows = [
        bench.row("persistence", test.last_close) | _doubled(bench, 2 * test.last_close),
        # Doubled prices change none of the features: the answer is doubled with the last close.
        bench.row("scale-free: ridge (served)", bench.forecast)
        | _doubled(bench, 2 * bench.forecast),
    ]
    for name, make in FREE.items():
        bench.report(f"fitting: {name}")
        model = _fit(make(), scale_free(bench.train), basis_points(bench.train))
        answers = in_dollars(test, model.predict(scale_free(test)))
        rows.append(bench.row(name, answers) | _doubled(bench, 2 * answers))
    for name, make in RAW.items():
        bench.report(f"fitting: {name}")
        model = _fit(make(), raw[:cut], bench.train.next_close)
        rows.append(
            bench.row(name, model.predict(raw[cut:])) | _doubled(bench, model.predict(doubled))
        )
    return {"rows": rows}


def _doubled(bench: Bench, answers: Rows) -> Figures:
    return {"rmse_at_double_prices": rmse(answers - 2 * bench.test.next_close)}


def _fit(model: Any, inputs: Rows, outcomes: Rows) -> Any:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        # That a network is not done after its epochs is a finding here, not a surprise.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(inputs, outcomes)
