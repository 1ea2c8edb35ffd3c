"""A logged request computed again: on the version that answered it, or on another one."""

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from modelregistry.errors import DomainError, ModelUnavailable
from modelregistry.loading import LoadedModel, load
from modelregistry.models import ModelVersion
from predictions.contract import Predictor

# The log's order is time, so versions come one after another; a few may answer by turns.
VERSIONS_IN_MEMORY = 8

Row = npt.NDArray[np.float64]
"""`(1, n_features)`"""


class CannotCompute(Exception):
    """Why a row cannot be computed again; one of few texts, since they are counted."""


class Logged(Protocol):
    """What is needed of a row of the log."""

    model_version_id: Any
    features: Any
    request: Any


def predict(model: LoadedModel, row: Row) -> float:
    """Alone, as serving does. Raises CannotCompute."""
    name = f"{model.predictor} {model.version}"
    try:
        prediction = float(model.predict(row)[0])
    except Exception as error:  # foreign code may raise anything
        raise CannotCompute(f"{name}: predict fails ({type(error).__name__})") from error
    if not math.isfinite(prediction):
        raise CannotCompute(f"{name} answers {prediction}")
    return prediction


def stored_inputs(row: Logged) -> Row:
    return np.array([row.features], dtype=np.float64)


class StoredVersion:
    """Computes each row on the version that answered it; a version is loaded once."""

    def __init__(self, versions: int = VERSIONS_IN_MEMORY) -> None:
        self._model = lru_cache(versions)(_load)

    def model(self, row: Logged) -> LoadedModel:
        """Raises CannotCompute."""
        model = self._model(row.model_version_id)
        if isinstance(model, str):
            raise CannotCompute(model)
        return model

    def predict(self, row: Logged) -> float:
        """Raises CannotCompute."""
        return predict(self.model(row), stored_inputs(row))


def _load(version_id: int) -> LoadedModel | str:
    """The model, or why there is none."""
    version = ModelVersion.objects.filter(pk=version_id).first()
    if version is None:
        return "the version that answered is not in the registry"
    try:
        return load(version)
    except ModelUnavailable as error:
        return error.detail


class OtherVersion:
    """Computes every row on one version, whatever inputs the version that answered had."""

    def __init__(self, predictor: Predictor, version: ModelVersion) -> None:
        """Raises ModelUnavailable."""
        self._name = str(version)
        self.model = load(version)
        names = self.model.feature_names
        fields = predictor.fields(names)
        self._facts = predictor.facts
        self._taken = [field.name for field in fields]
        self._needed = [field.name for field in fields if not field.optional]
        self._decode = predictor.decoder(names, minimal=True)
        self._places = lru_cache(None)(self._places_of)

    def predict(self, row: Logged) -> float:
        """Raises CannotCompute."""
        return predict(self.model, self.inputs(row))

    def inputs(self, row: Logged) -> Row:
        """From the logged inputs by name, else from the request. Raises CannotCompute."""
        here, there = self._places(row.model_version_id)
        names = self.model.feature_names
        if len(here) == len(names):
            inputs = np.empty((1, len(names)))
        else:
            inputs = self._from_request(row.request)
        inputs[0, here] = np.array(row.features, dtype=np.float64)[there]
        return inputs

    def _places_of(self, version_id: int) -> tuple[list[int], list[int]]:
        """Where inputs that both versions have stand: in this one's row, in the stored one's."""
        names = ModelVersion.objects.values_list("feature_names", flat=True)
        stored: Sequence[str] | None = names.filter(pk=version_id).first()
        if stored is None:
            raise CannotCompute("the version that answered is not in the registry")
        places = {name: place for place, name in enumerate(stored)}
        here = [place for place, name in enumerate(self.model.feature_names) if name in places]
        return here, [places[self.model.feature_names[place]] for place in here]

    def _from_request(self, request: Any) -> Row:
        if not isinstance(request, Mapping):
            raise CannotCompute(f"not answerable by {self._name}: no object was sent")
        facts = self._facts(request)
        missing = [name for name in self._needed if name not in facts]
        if missing:
            raise CannotCompute(
                f"not answerable by {self._name}: the request has no {', '.join(missing)}"
            )
        try:
            taken = {name: facts[name] for name in self._taken if name in facts}
            return self._decode(taken).row
        except DomainError as error:
            raise CannotCompute(f"not answerable by {self._name}: {error.detail}") from error
