"""The bytes of a model version: kept by content, checked before they are used."""

import hashlib
from datetime import datetime
from typing import Any

from django.core.files.base import ContentFile

from learning.building import build_estimator, checked_feature_names
from modelregistry.catalog import ModelKind
from modelregistry.errors import InvalidArtifact
from modelregistry.models import artifact_storage

MODEL, FEATURE_NAMES = "model.pkl", "model_features.json"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def store(*, predictor: str, model_bytes: bytes, features_bytes: bytes) -> tuple[str, str]:
    """Write both files and return their names in the artifact storage.

    The folder is named by the content: storing the same artifact twice writes it once, and files
    whose transaction was rolled back are found again by the next attempt.
    """
    storage = artifact_storage()
    folder = f"{predictor}/{sha256(model_bytes + b'/' + features_bytes)[:24]}"
    names = (f"{folder}/{MODEL}", f"{folder}/{FEATURE_NAMES}")
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


def folders(predictor: str) -> set[str]:
    """Of all that is stored for it, each with the files of one artifact. Raises OSError."""
    try:
        names, _ = artifact_storage().listdir(predictor)
    except FileNotFoundError:  # nothing was ever stored
        return set()
    return {f"{predictor}/{name}" for name in names}


def written_at(folder: str) -> datetime | None:
    """When the last of its files was; None if it has none."""
    storage = artifact_storage()
    names = storage.listdir(folder)[1]
    return max((storage.get_modified_time(f"{folder}/{name}") for name in names), default=None)


def remove(folder: str) -> None:
    """With its files. Raises OSError."""
    storage = artifact_storage()
    for name in storage.listdir(folder)[1]:
        storage.delete(f"{folder}/{name}")
    storage.delete(folder)  # where folders are only parts of names there is none


def build(
    *, kind: ModelKind, model_bytes: bytes, features_bytes: bytes
) -> tuple[Any, tuple[str, ...]]:
    """The estimator and its feature names `(n_features,)`, from bytes whose digest was checked.

    Raises InvalidArtifact: forbidden class, unreadable bytes, unknown features, wrong count.
    """
    try:
        names = checked_feature_names(features_bytes, known=kind.known_features)
        return build_estimator(model_bytes, names, allowed=kind.allowed_classes), names
    except ValueError as error:
        raise InvalidArtifact(str(error)) from error
