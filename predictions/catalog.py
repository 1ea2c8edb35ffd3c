"""The predictors that this service has. Each registers itself when its app is ready."""

from collections.abc import Iterable

from modelregistry.catalog import ModelKind, register_kind
from modelregistry.errors import UnknownPredictor
from predictions.contract import DataError, Predictor

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


def default() -> Predictor:
    """Whom a request means that names nobody: the first in the settings.

    So what clients wrote when there was one predictor goes on meaning the same when there are more.
    """
    return next(iter(_predictors.values()))


def file_names() -> list[str]:
    """What any predictor takes files for."""
    return sorted({name for predictor in _predictors.values() for name in predictor.file_names})


def require_files(name: str, files: Iterable[str]) -> None:
    """Raises DataError for a file that this predictor does not take. Raises UnknownPredictor."""
    taken = get(name).file_names
    for file in files:
        if file not in taken:
            known = ", ".join(f"--{one}" for one in taken) or "none"
            raise DataError(f"{name} takes no --{file}; it takes: {known}")


def all_predictors() -> list[Predictor]:
    return list(_predictors.values())
