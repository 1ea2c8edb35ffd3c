"""Logged predictions, computed again: on the version that answered, or on another one."""

import math
import struct
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from modelregistry.errors import DomainError, ModelUnavailable, UnknownPredictor
from modelregistry.loading import LoadedModel, load
from modelregistry.models import ModelVersion
from predictions import catalog
from predictions.contract import Predictor, Report
from predictions.differences import Differences
from predictions.models import Prediction, PredictionQuerySet

# The log's order is time, so versions come one after another; a few may answer by turns.
VERSIONS_IN_MEMORY = 8
PROGRESS_ROWS = 100_000

Row = npt.NDArray[np.float64]
"""`(1, n_features)`"""


class NotInTheLog(Exception):
    """Rows that were named and are not there."""


class _CannotReplay(Exception):
    """Why a row cannot be computed again; one of few texts, since they are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which rows: `ids`, or those of a time; UTC, `until` itself is not in it."""

    ids: Sequence[uuid.UUID] = ()
    since: datetime | None = None
    until: datetime | None = None
    predictor: str = ""
    limit: int | None = None

    def rows(self) -> PredictionQuerySet:
        """Raises NotInTheLog."""
        # Without an end, a log that is written meanwhile would have none.
        rows = Prediction.objects.before(self.until or datetime.now(UTC))
        if self.ids:
            rows = Prediction.objects.filter(id__in=self.ids)
        if self.since is not None:
            rows = rows.since(self.since)
        if self.predictor:
            rows = rows.filter(predictor=self.predictor)
        if self.ids:
            missing = set(self.ids) - set(rows.values_list("id", flat=True))
            if missing:
                named = ", ".join(sorted(map(str, missing)))
                raise NotInTheLog(f"not among the predictions that were asked for: {named}")
        return rows


@dataclass(slots=True)
class Replayed:
    on: ModelVersion | None = None
    """None: each row on the version that answered it."""
    equal: int = 0
    """In every bit."""
    differences: Differences = field(default_factory=Differences)
    refused: Counter[int] = field(default_factory=Counter)
    """By status: what was not answered has nothing to be computed again."""
    failed: Counter[str] = field(default_factory=Counter)
    """By reason: what was answered and cannot be computed again."""

    @property
    def count(self) -> int:
        return self.equal + self.differences.count


def replay(
    *, selection: Selection, version: int | None = None, report: Report | None = None
) -> Replayed:
    """Compute the selected rows again, one at a time as serving does.

    Each on the version that answered it, or all on `version` of their predictor. Raises
    NotInTheLog, UnknownPredictor, UnknownVersion; ModelUnavailable if `version` cannot be loaded.
    """
    columns: tuple[str, ...] = ("id", "model_version", "features", "prediction", "status")
    with ExitStack() as stack:
        if version is None:
            replayed, compute = Replayed(), _StoredVersion().predict
        else:
            predictor = catalog.get(selection.predictor or _only_predictor())
            selection = replace(selection, predictor=predictor.name)
            for reference in predictor.references:
                stack.enter_context(reference.kept())
            other = ModelVersion.objects.numbered(predictor.name, version)
            replayed, compute = Replayed(on=other), _OtherVersion(predictor, other).predict
            columns += ("request",)
        rows = selection.rows().only(*columns).in_chunks()
        for number, row in enumerate(islice(rows, selection.limit), start=1):
            _replay_one(row, compute, replayed)
            if report is not None and number % PROGRESS_ROWS == 0:
                report(f"{number:,} rows so far, {replayed.differences.count:,} different")
    return replayed


def _only_predictor() -> str:
    names = [predictor.name for predictor in catalog.all_predictors()]
    if len(names) != 1:
        raise UnknownPredictor(f"say whose version: {', '.join(names)}")
    return names[0]


def _replay_one(
    row: Prediction, compute: Callable[[Prediction], float], replayed: Replayed
) -> None:
    if row.features is None or row.prediction is None:
        replayed.refused[row.status] += 1
        return
    try:
        now = compute(row)
    except _CannotReplay as reason:
        replayed.failed[str(reason)] += 1
        return
    if _bits(now) == _bits(row.prediction):
        replayed.equal += 1
    else:
        replayed.differences.add(row.id, row.prediction, now)


_bits = struct.Struct("<d").pack


def _predict(model: LoadedModel, row: Row) -> float:
    name = f"{model.predictor} {model.version}"
    try:
        prediction = float(model.predict(row)[0])
    except Exception as error:  # foreign code may raise anything
        raise _CannotReplay(f"{name}: predict fails ({type(error).__name__})") from error
    if not math.isfinite(prediction):
        raise _CannotReplay(f"{name} answers {prediction}")
    return prediction


class _StoredVersion:
    """Computes each row on the version that answered it; a version is loaded once."""

    def __init__(self) -> None:
        self._model = lru_cache(VERSIONS_IN_MEMORY)(_load)

    def predict(self, row: Prediction) -> float:
        model = self._model(row.model_version_id)
        if isinstance(model, str):
            raise _CannotReplay(model)
        return _predict(model, np.array([row.features], dtype=np.float64))


def _load(version_id: int) -> LoadedModel | str:
    """The model, or why there is none."""
    version = ModelVersion.objects.filter(pk=version_id).first()
    if version is None:
        return "the version that answered is not in the registry"
    try:
        return load(version)
    except ModelUnavailable as error:
        return error.detail


class _OtherVersion:
    """Computes every row on one version, whatever inputs the version that answered had."""

    def __init__(self, predictor: Predictor, version: ModelVersion) -> None:
        self._version = version
        self._model = load(version)
        names = self._model.feature_names
        fields = predictor.fields(names)
        self._taken = [field.name for field in fields]
        self._needed = [field.name for field in fields if not field.optional]
        self._decode = predictor.decoder(names, minimal=True)
        self._places = lru_cache(None)(self._places_of)

    def predict(self, row: Prediction) -> float:
        here, there = self._places(row.model_version_id)
        names = self._model.feature_names
        if len(here) == len(names):
            inputs = np.empty((1, len(names)))
        else:
            inputs = self._from_request(row.request)
        inputs[0, here] = np.array(row.features, dtype=np.float64)[there]
        return _predict(self._model, inputs)

    def _places_of(self, version_id: int) -> tuple[list[int], list[int]]:
        """Where inputs that both versions have stand: in this one's row, in the stored one's."""
        stored = ModelVersion.objects.values_list("feature_names", flat=True).get(pk=version_id)
        places = {name: place for place, name in enumerate(stored)}
        here = [place for place, name in enumerate(self._model.feature_names) if name in places]
        return here, [places[self._model.feature_names[place]] for place in here]

    def _from_request(self, request: Any) -> Row:
        if not isinstance(request, Mapping):
            raise _CannotReplay(f"not answerable by {self._version}: no object was sent")
        missing = [name for name in self._needed if name not in request]
        if missing:
            raise _CannotReplay(
                f"not answerable by {self._version}: the request has no {', '.join(missing)}"
            )
        try:
            taken = {name: request[name] for name in self._taken if name in request}
            return self._decode(taken).row
        except DomainError as error:
            raise _CannotReplay(f"not answerable by {self._version}: {error.detail}") from error
