"""The bytes of a model version: kept by content, checked before they are used."""

import hashlib

from django.core.files.base import ContentFile

from learning.artifact import read_feature_names
from learning.unpickling import unpickle
from modelregistry.catalog import ModelKind
from modelregistry.errors import InvalidArtifact
from modelregistry.models import artifact_storage


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def store(*, predictor: str, model_bytes: bytes, features_bytes: bytes) -> tuple[str, str]:
    """Write both files and return their names in the artifact storage.

    The folder is named by the content: storing the same artifact twice writes it once, and files
    whose transaction was rolled back are found again by the next attempt.
    """
    storage = artifact_storage()
    folder = f"{predictor}/{sha256(model_bytes + b'/' + features_bytes)[:24]}"
    names = (f"{folder}/model.pkl", f"{folder}/model_features.json")
    for name, content in zip(names, (model_bytes, features_bytes), strict=True):
        if not storage.exists(name):
            storage.save(name, ContentFile(content))
        elif read(name) != content:  # a write that a crash cut short
            storage.delete(name)
            storage.save(name, ContentFile(content))
    return names


def read(name: str) -> bytes:
    with artifact_storage().open(name, "rb") as file:
        return bytes(file.read())


def build(
    *, kind: ModelKind, model_bytes: bytes, features_bytes: bytes
) -> tuple[object, tuple[str, ...]]:
    """The estimator and its feature names `(n_features,)`, from bytes whose digest was checked.

    Raises InvalidArtifact: forbidden class, unreadable bytes, unknown features, wrong count.
    """
    try:
        feature_names = read_feature_names(features_bytes)
    except ValueError as error:
        raise InvalidArtifact(f"model_features.json: {error}") from error
    unknown = [name for name in feature_names if name not in kind.known_features]
    if unknown:
        raise InvalidArtifact(
            f"model_features.json: {kind.predictor} does not know {', '.join(unknown)}"
        )
    try:
        estimator = unpickle(model_bytes, allowed=kind.allowed_classes)
    except ValueError as error:
        raise InvalidArtifact(f"model.pkl: {error}") from error
    if not callable(getattr(estimator, "predict", None)):
        raise InvalidArtifact("model.pkl: the object has no predict method")
    expected = getattr(estimator, "n_features_in_", None)
    if expected != len(feature_names):
        raise InvalidArtifact(
            f"the model takes {expected} features, model_features.json names {len(feature_names)}"
        )
    trained_names = getattr(estimator, "feature_names_in_", None)
    if trained_names is not None and tuple(trained_names) != feature_names:
        raise InvalidArtifact("model_features.json: not the order the model was trained with")
    return estimator, feature_names
