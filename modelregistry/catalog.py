"""Which predictors there are, and what their models may consist of."""

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from modelregistry.errors import UnknownPredictor

Rows = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Trial:
    """Rows that a new model is tried on."""

    rows: Rows
    """`(n_rows, n_features)`, at least `learning.inference.PROOF_ROWS`."""
    actual: Rows
    """`(n_rows,)`: what really was, NaN where nobody knows."""


@dataclass(frozen=True, slots=True)
class ModelKind:
    predictor: str
    allowed_classes: Set[str]
    """Dotted names of the classes that its pickles may name."""
    known_features: Set[str]
    """Inputs that the predictor can compute for a model."""
    trial: Callable[[Sequence[str]], Trial]
    """Rows for a model with these inputs."""


_kinds: dict[str, ModelKind] = {}


def register_kind(kind: ModelKind) -> None:
    _kinds[kind.predictor] = kind


def all_kinds() -> list[ModelKind]:
    return list(_kinds.values())


def kind_of(predictor: str) -> ModelKind:
    """Raises UnknownPredictor."""
    try:
        return _kinds[predictor]
    except KeyError:
        known = ", ".join(sorted(_kinds)) or "none"
        raise UnknownPredictor(f"{predictor!r} is not a predictor; there are: {known}") from None
