"""What training returns: the model and the card that describes it."""

import hashlib
import io
import json
import pickle
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd


@dataclass(frozen=True, slots=True)
class Artifact:
    """A trained model as two files, with what is known about them.

    `model_bytes` is a pickle; `feature_names` are the model's inputs in order, `(n_features,)`.
    """

    name: str
    model_bytes: bytes
    feature_names: tuple[str, ...]
    metrics: Mapping[str, Any]
    trained_on: Mapping[str, Any]

    @property
    def features_bytes(self) -> bytes:
        """`model_features.json` as Sound Realty's script writes it: one JSON array of names."""
        return feature_names_bytes(self.feature_names)


def feature_names_bytes(names: Sequence[str]) -> bytes:
    return json.dumps(list(names)).encode()


def pickled(model: Any) -> bytes:
    """Pickle with a fixed protocol: the same model gives the same bytes on every Python."""
    stream = io.BytesIO()
    pickle.Pickler(stream, protocol=5).dump(model)
    return stream.getvalue()


def fingerprint(frame: pd.DataFrame) -> str:
    """SHA-256 over column names, row order and values of a data frame `(n_rows, n_columns)`."""
    digest = hashlib.sha256(json.dumps(list(map(str, frame.columns))).encode())
    digest.update(pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes())
    return digest.hexdigest()


def library_versions() -> dict[str, str]:
    """What the model was made with: it may not load, or answer alike, under other versions."""
    return {
        "python": platform.python_version(),
        "scikit-learn": version("scikit-learn"),
        "numpy": np.__version__,
        "pandas": pd.__version__,
        "catboost": version("catboost"),
    }


def read_feature_names(content: bytes) -> tuple[str, ...]:
    """Read `model_features.json`. Raises ValueError that says what is wrong."""
    try:
        names = json.loads(content)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"not JSON: {error}") from error
    if not isinstance(names, Sequence) or isinstance(names, str) or not names:
        raise ValueError("a JSON array of feature names is expected")
    if not all(isinstance(name, str) and name and name.isprintable() for name in names):
        raise ValueError("every feature name must be a non-empty string of visible characters")
    if len(set(names)) != len(names):
        raise ValueError("a feature name occurs twice")
    return tuple(names)
