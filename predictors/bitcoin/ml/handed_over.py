"""The Keras model that was handed over, read without TensorFlow: dense layers as two arrays each.

It answers 0.0 whatever it is asked: the sum before its last ReLU is about -3,000 for every minute
of the data, and a ReLU below zero lets no gradient through. The file shows that it was so from the
first step: after 4,360 steps of Adam every bias and every moment of the gradients is exactly 0, so
the weights are those that chance began with. It is kept because it was handed over, and is asked
only to show that.
"""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import h5py
import numpy as np
import numpy.typing as npt
import pandas as pd

from learning.artifact import Artifact, pickled
from predictors.bitcoin.ml.accuracy import errors
from predictors.bitcoin.ml.examples import examples_of
from predictors.bitcoin.ml.features import rows_of, windows_of
from predictors.bitcoin.ml.schema import RAW_FEATURES, SECOND_COLUMNS, WINDOW

Rows = npt.NDArray[np.float64]

LINEAR, RELU = "linear", "relu"
TEST_FROM: Final = 0.7
"""Of the seconds: it is measured on those after it."""
WHY_ZERO: Final = (
    "it answers 0.0 for every input: the sum before its last ReLU is far below zero everywhere"
)


class UnreadableModel(ValueError):
    """The file is no such network; the message says what is missing."""


@dataclass(frozen=True, slots=True, eq=False)
class DenseNetwork:
    """Dense layers, each with a ReLU behind it or nothing. Immutable.

    The file holds float32; the sums are made in float64, so that a row's answer does not hang on
    which others are asked with it.
    """

    feature_names: tuple[str, ...]
    """`(n_features,)`: in this order the numbers go in."""
    kernels: tuple[Rows, ...]
    """Each `(n_in, n_out)`."""
    biases: tuple[Rows, ...]
    """Each `(n_out,)`."""
    activations: tuple[str, ...]
    """Of each layer `linear` or `relu`; the last is `relu`."""

    @property
    def n_features_in_(self) -> int:
        return len(self.feature_names)

    @property
    def feature_names_in_(self) -> npt.NDArray[np.object_]:
        return np.array(self.feature_names, dtype=object)

    def predict(self, rows: Rows | pd.DataFrame) -> Rows:
        """`(n, n_features)` to `(n,)`, USD."""
        return np.maximum(self.before_last_relu(np.asarray(rows, dtype=np.float64)), 0.0)

    def before_last_relu(self, rows: Rows) -> Rows:
        """What the last neuron sums up, `(n,)`: below zero it answers 0.0 and cannot learn."""
        last = len(self.kernels) - 1
        layers = zip(self.kernels, self.biases, self.activations, strict=True)
        for place, (kernel, bias, activation) in enumerate(layers):
            rows = rows @ kernel + bias
            if activation == RELU and place < last:
                rows = np.maximum(rows, 0.0)
        sums: Rows = rows[:, 0]
        return sums

    def compiled(self) -> Callable[[Rows], Rows]:
        return self.predict


def read_h5(content: bytes) -> DenseNetwork:
    """A Keras 2 file of dense layers on RAW_FEATURES, ReLU at the end. Raises UnreadableModel."""
    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            layers = [_config(layer) for layer in _layers(file)]
            weights = file["model_weights"]
            kernels = tuple(_array(weights[name][name]["kernel:0"]) for name, _ in layers)
            biases = tuple(_array(weights[name][name]["bias:0"]) for name, _ in layers)
    except (OSError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise UnreadableModel(f"no Keras model of dense layers: {error}") from error
    activations = tuple(activation for _, activation in layers)
    if set(activations) - {LINEAR, RELU} or activations[-1:] != (RELU,):
        raise UnreadableModel(f"activations {', '.join(activations)}: ReLU is expected at the end")
    _require_chain(kernels, biases)
    return DenseNetwork(RAW_FEATURES, kernels, biases, activations)


def _layers(file: h5py.File) -> list[Any]:
    layers: list[Any] = json.loads(file.attrs["model_config"])["config"]["layers"]
    return layers


def _config(layer: Any) -> tuple[str, str]:
    """Name and activation."""
    if layer["class_name"] != "Dense":
        raise ValueError(f"a layer of the kind {layer['class_name']}")
    return str(layer["config"]["name"]), str(layer["config"]["activation"])


def _array(dataset: h5py.Dataset) -> Rows:
    return np.array(dataset, dtype=np.float64)


def _require_chain(kernels: tuple[Rows, ...], biases: tuple[Rows, ...]) -> None:
    width = len(RAW_FEATURES)
    for kernel, bias in zip(kernels, biases, strict=True):
        if kernel.ndim != 2 or kernel.shape[0] != width or bias.shape != kernel.shape[1:]:
            raise UnreadableModel(f"a layer of {kernel.shape} does not take {width} numbers")
        if not (np.isfinite(kernel).all() and np.isfinite(bias).all()):
            raise UnreadableModel("a weight is not finite")
        width = kernel.shape[1]
    if width != 1:
        raise UnreadableModel(f"the last layer gives {width} numbers, not one")


def artifact_of(content: bytes, *, sha256: str) -> Artifact:
    """What is registered of the file. It says that nothing is known of its training."""
    network = read_h5(content)
    return Artifact(
        name="handed-over",
        model_bytes=pickled(network),
        feature_names=network.feature_names,
        metrics={},
        trained_on={"handed_over": True, "sha256": sha256, "note": WHY_ZERO},
    )


def handed_over_metrics(
    network: DenseNetwork, seconds: pd.DataFrame
) -> dict[str, dict[str, float]]:
    """Of what it was trained for, the current high, on the last 30 % of `(n_seconds, 7)`; USD."""
    examples = examples_of(seconds)
    places = examples.places[int(TEST_FROM * len(examples)) :]
    windows = windows_of(seconds)[places - (WINDOW - 1)]
    highs = windows[:, -1, SECOND_COLUMNS.index("price_high")]
    closes = windows[:, -1, SECOND_COLUMNS.index("price_close")]
    answers = network.predict(rows_of(windows, 0, network.feature_names))
    return {"test": errors(highs, answers), "test_persistence": errors(highs, closes)}


HANDED_OVER_CLASSES: Final = frozenset({f"{DenseNetwork.__module__}.{DenseNetwork.__qualname__}"})
