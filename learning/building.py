"""From the bytes of an artifact to an estimator that fits its list of features."""

from collections.abc import Set
from typing import Any

from learning.artifact import read_feature_names
from learning.unpickling import unpickle


def checked_feature_names(features_bytes: bytes, *, known: Set[str]) -> tuple[str, ...]:
    """`(n_features,)`. Raises ValueError: unreadable, or a feature that nobody can compute."""
    try:
        names = read_feature_names(features_bytes)
    except ValueError as error:
        raise ValueError(f"model_features.json: {error}") from error
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(f"model_features.json: the predictor does not know {', '.join(unknown)}")
    return names


def build_estimator(
    model_bytes: bytes, feature_names: tuple[str, ...], *, allowed: Set[str]
) -> Any:
    """Unpickle bytes whose digest was checked. Raises ValueError.

    Refused are forbidden classes, unreadable bytes, and a model of other features or another order.
    """
    try:
        estimator = unpickle(model_bytes, allowed=allowed)
    except ValueError as error:
        raise ValueError(f"model.pkl: {error}") from error
    if not callable(getattr(estimator, "predict", None)):
        raise ValueError("model.pkl: the object has no predict method")
    expected = getattr(estimator, "n_features_in_", None)
    if expected != len(feature_names):
        raise ValueError(
            f"the model takes {expected} features, model_features.json names {len(feature_names)}"
        )
    trained_names = getattr(estimator, "feature_names_in_", None)
    if trained_names is not None and tuple(trained_names) != feature_names:
        raise ValueError("model_features.json: not the order the model was trained with")
    return estimator
