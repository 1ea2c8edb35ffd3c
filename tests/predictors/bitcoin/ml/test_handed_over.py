"""The Keras model that was handed over, without Keras."""

import io
import json

import h5py
import numpy as np
import pytest

from learning.building import build_estimator
from predictors.bitcoin.ml.examples import examples_of
from predictors.bitcoin.ml.features import rows_of, windows_of
from predictors.bitcoin.ml.handed_over import UnreadableModel, artifact_of, read_h5
from predictors.bitcoin.ml.recipes import CLASSES
from predictors.bitcoin.ml.schema import RAW_FEATURES
from tests.predictors.bitcoin.ml.walks import (
    REAL_NETWORK,
    REAL_SECONDS,
    seconds_in,
    seconds_made,
)


def keras_file(widths: tuple[int, ...], activations: tuple[str, ...], kind: str = "Dense") -> bytes:
    """As Keras 2 writes it; weights drawn at random."""
    random, stream = np.random.default_rng(5), io.BytesIO()
    names = [f"dense_{number}" for number in range(1, len(widths))]
    with h5py.File(stream, "w") as file:
        layers = [
            {"class_name": kind, "config": {"name": name, "activation": activation}}
            for name, activation in zip(names, activations, strict=True)
        ]
        file.attrs["model_config"] = json.dumps({"config": {"layers": layers}})
        for name, n_in, n_out in zip(names, widths[:-1], widths[1:], strict=True):
            group = file.create_group(f"model_weights/{name}/{name}")
            group["kernel:0"] = random.normal(size=(n_in, n_out)).astype(np.float32)
            group["bias:0"] = random.normal(size=n_out).astype(np.float32)
    return stream.getvalue()


def test_it_works() -> None:
    content = keras_file((359, 4, 3, 1), ("linear", "relu", "relu"))
    network = read_h5(content)
    rows = rows_of(windows_of(seconds_made(200)), 0, RAW_FEATURES)
    with h5py.File(io.BytesIO(content)) as file:
        (k1, b1), (k2, b2), (k3, b3) = (
            [
                np.array(file[f"model_weights/{n}/{n}/{part}:0"], float)
                for part in ("kernel", "bias")
            ]
            for n in ("dense_1", "dense_2", "dense_3")
        )
    expected = np.maximum(np.maximum((rows @ k1 + b1) @ k2 + b2, 0) @ k3 + b3, 0)[:, 0]
    assert network.predict(rows) == pytest.approx(expected, rel=1e-12)
    assert (network.before_last_relu(rows) < 0).any() or expected.all()


def test_it_is_registered_as_any_model() -> None:
    artifact = artifact_of(keras_file((359, 2, 1), ("linear", "relu")), sha256="ab" * 32)
    again = build_estimator(artifact.model_bytes, artifact.feature_names, allowed=CLASSES)
    rows = rows_of(windows_of(seconds_made(80)), 0, artifact.feature_names)
    assert again.predict(rows).shape == (21,)
    assert artifact.trained_on["handed_over"] is True


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"soup", "no Keras model"),
        (keras_file((358, 2, 1), ("linear", "relu")), "does not take 359"),
        (keras_file((359, 2), ("relu",)), "gives 2 numbers"),
        (keras_file((359, 2, 1), ("tanh", "relu")), "tanh"),
        (keras_file((359, 2, 1), ("relu", "linear")), "ReLU is expected at the end"),
        (keras_file((359, 1), ("relu",), kind="LSTM"), "LSTM"),
    ],
)
def test_a_file_that_is_no_such_network_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(UnreadableModel, match=why):
        read_h5(content)


@pytest.mark.real_data
def test_the_network_that_was_handed_over_is_dead() -> None:
    network = read_h5(REAL_NETWORK.read_bytes())
    seconds = seconds_in(REAL_SECONDS)
    rows = rows_of(windows_of(seconds), 0, RAW_FEATURES)
    sums = network.before_last_relu(rows)
    assert not network.predict(rows).any()
    assert -3_100 < sums.min() < sums.max() < -3_000
    actual = examples_of(seconds).next_close
    assert round(float(np.sqrt(np.mean(actual**2)))) == 7_189
