"""Which predictors there are, and what their models may consist of."""

from collections.abc import Set
from dataclasses import dataclass

from modelregistry.errors import UnknownPredictor


@dataclass(frozen=True, slots=True)
class ModelKind:
    predictor: str
    allowed_classes: Set[str]
    """Dotted names of the classes that its pickles may name."""
    known_features: Set[str]
    """Inputs that the predictor can compute for a model."""


_kinds: dict[str, ModelKind] = {}


def register_kind(kind: ModelKind) -> None:
    _kinds[kind.predictor] = kind


def kind_of(predictor: str) -> ModelKind:
    """Raises UnknownPredictor."""
    try:
        return _kinds[predictor]
    except KeyError:
        known = ", ".join(sorted(_kinds)) or "none"
        raise UnknownPredictor(f"{predictor!r} is not a predictor; there are: {known}") from None
