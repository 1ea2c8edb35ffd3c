"""The predictors that this service has. Each registers itself when its app is ready."""

from modelregistry.catalog import ModelKind, register_kind
from modelregistry.errors import UnknownPredictor
from predictions.contract import Predictor

_predictors: dict[str, Predictor] = {}


def register(predictor: Predictor) -> None:
    _predictors[predictor.name] = predictor
    register_kind(
        ModelKind(
            predictor=predictor.name,
            allowed_classes=predictor.allowed_classes,
            known_features=predictor.known_features,
            trial=predictor.trial,
        )
    )


def get(name: str) -> Predictor:
    """Raises UnknownPredictor."""
    try:
        return _predictors[name]
    except KeyError:
        known = ", ".join(sorted(_predictors)) or "none"
        raise UnknownPredictor(f"{name!r} is not a predictor; there are: {known}") from None


def all_predictors() -> list[Predictor]:
    return list(_predictors.values())
