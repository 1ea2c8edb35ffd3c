"""The model that answers, in this process.

A request takes one `LoadedModel` and keeps it: what it returns and what it audits come from that
one object, whatever the database says a moment later.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from modelregistry import artifacts
from modelregistry.catalog import kind_of
from modelregistry.errors import InvalidArtifact, ModelUnavailable, NoActiveModel
from modelregistry.models import ModelVersion

Rows = npt.NDArray[np.float64]

# Versions kept in memory: the active one, and those one may switch back to.
KEPT = 4


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """An immutable model, shared by all threads of the process."""

    version_id: int
    predictor: str
    version: int
    name: str
    digest: str
    feature_names: tuple[str, ...]
    is_synthetic: bool
    estimator: Any

    def predict(self, rows: Rows) -> Rows:
        """`(n_rows, n_features)` in the order of `feature_names` to `(n_rows,)`.

        The estimator learned from a data frame; asked with anything else it would warn.
        """
        frame = pd.DataFrame(rows, columns=list(self.feature_names), copy=False)
        return np.asarray(self.estimator.predict(frame), dtype=np.float64)


_loaded: OrderedDict[tuple[int, str, str], LoadedModel] = OrderedDict()
_lock = threading.Lock()


def active_model(predictor: str) -> LoadedModel:
    """The version that the database says is active now.

    One indexed query per request; the model itself is loaded once per process. Raises
    NoActiveModel, ModelUnavailable.
    """
    key = (
        ModelVersion.objects.active(predictor)
        .values_list("pk", "model_sha256", "features_sha256")
        .first()
    )
    if key is None:
        raise NoActiveModel(f"no version of {predictor} is active; an operator has to activate one")
    return _loaded.get(key) or _load(key)


def _load(key: tuple[int, str, str]) -> LoadedModel:
    with _lock:  # threads that arrive together load once
        model = _loaded.get(key)
        if model is None:
            model = load(ModelVersion.objects.get(pk=key[0]))
            _loaded[key] = model
            while len(_loaded) > KEPT:
                _loaded.popitem(last=False)
        return model


def load(version: ModelVersion) -> LoadedModel:
    """Read, check and build one version. Raises ModelUnavailable."""
    try:
        model_bytes = artifacts.read(str(version.model_file.name))
        features_bytes = artifacts.read(str(version.features_file.name))
    except OSError as error:
        raise ModelUnavailable(f"{version}: a file cannot be read: {error}") from error
    # The very bytes that were hashed are unpickled: nothing is read twice.
    for title, content, expected in (
        ("model.pkl", model_bytes, version.model_sha256),
        ("model_features.json", features_bytes, version.features_sha256),
    ):
        if artifacts.sha256(content) != expected:
            raise ModelUnavailable(f"{version}: {title} is not the file that was registered")
    try:
        estimator, feature_names = artifacts.build(
            kind=kind_of(version.predictor), model_bytes=model_bytes, features_bytes=features_bytes
        )
    except InvalidArtifact as error:
        raise ModelUnavailable(f"{version}: {error.detail}") from error
    return LoadedModel(
        version_id=version.pk,
        predictor=version.predictor,
        version=version.version,
        name=version.name,
        digest=version.digest,
        feature_names=feature_names,
        is_synthetic=version.is_synthetic,
        estimator=estimator,
    )
