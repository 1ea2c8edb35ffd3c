"""From a row of the registry and its files to a model that can answer."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from learning.inference import Predict, fast_predictor
from learning.trial import pickle_predictor
from modelregistry import artifacts
from modelregistry.catalog import kind_of
from modelregistry.errors import InvalidArtifact, ModelUnavailable
from modelregistry.models import ModelVersion

FAST, PICKLE = "fast", "pickle"
# Another processor may round another way; more than that is another model.
GOLDEN_TOLERANCE = 1e-9


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
    """The unpickled object."""
    engine: str
    """`fast`: computed by `learning.inference`, proven equal; `pickle`: by the object itself."""
    predict: Predict
    """`(n_rows, n_features)` in the order of `feature_names` to `(n_rows,)`."""


def load(version: ModelVersion) -> LoadedModel:
    """Read, check and build one version. Raises ModelUnavailable."""
    if version.why_it_cannot_answer:
        raise ModelUnavailable(version.why_it_cannot_answer)
    estimator, feature_names = _build(version)
    fast = fast_predictor(estimator) if version.engine == FAST else None
    model = LoadedModel(
        version_id=version.pk,
        predictor=version.predictor,
        version=version.version,
        name=version.name,
        digest=version.digest,
        feature_names=feature_names,
        is_synthetic=version.is_synthetic,
        estimator=estimator,
        engine=PICKLE if fast is None else FAST,
        predict=pickle_predictor(estimator, feature_names) if fast is None else fast,
    )
    _require_golden_answers(version, model)
    return model


def _build(version: ModelVersion) -> tuple[Any, tuple[str, ...]]:
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
        return artifacts.build(
            kind=kind_of(version.predictor), model_bytes=model_bytes, features_bytes=features_bytes
        )
    except InvalidArtifact as error:
        raise ModelUnavailable(f"{version}: {error.detail}") from error


def _require_golden_answers(version: ModelVersion, model: LoadedModel) -> None:
    """Ask what was asked at registration; this also warms what computes lazily."""
    if not version.golden:
        return
    expected = np.asarray(version.golden["predictions"], dtype=np.float64)
    try:
        rows = np.asarray(version.golden_rows(), dtype=np.float64)
        answers = model.predict(rows)
        alone = model.predict(rows[:1])
    except Exception as error:  # foreign code may raise anything
        raise ModelUnavailable(f"{version}: predict fails: {error}") from error
    for got, wanted in ((answers, expected), (alone, expected[:1])):
        if not np.allclose(got, wanted, rtol=GOLDEN_TOLERANCE, atol=0):
            raise ModelUnavailable(f"{version}: golden rows are answered differently than recorded")
