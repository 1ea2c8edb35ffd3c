"""What the log says of predictions that have an outcome."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models.fields.json import KT, KeyTransform

from modelregistry.models import ModelVersion
from predictions import catalog
from predictions.models import Prediction
from predictions.outcomes.models import Outcome

CHUNK = 2_000


@dataclass(frozen=True, slots=True)
class Logged:
    id: uuid.UUID
    predictor: str
    version: ModelVersion | None
    prediction: float | None
    """None: it was refused."""
    status: int
    request: Mapping[str, Any]
    created_at: datetime
    interval: Mapping[str, float] | None
    """If the client asked for it."""
    data: str | None
    """As the answer said it: `real` or `synthetic`."""

    @property
    def is_synthetic(self) -> bool:
        assert self.version is not None
        return self.data == "synthetic" if self.data else self.version.is_synthetic

    def outcome(self) -> Outcome:
        """What of it stays, however long the log is kept; still without what happened."""
        assert self.version is not None and self.prediction is not None
        bounds = self.interval or {}
        return Outcome(
            prediction_id=self.id,
            predictor=self.predictor,
            model_version=self.version,
            prediction=self.prediction,
            lower=bounds.get("lower"),
            upper=bounds.get("upper"),
            intervals_known=bool(bounds),
            is_synthetic=self.is_synthetic,
            groups=dict(catalog.get(self.predictor).groups(self.request)),
            predicted_at=self.created_at,
        )


def logged_predictions(ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Logged]:
    """By id; those that are not there are left out."""
    versions: dict[int, ModelVersion] = {}
    return {row.id: row for row in _rows(list(dict.fromkeys(ids)), versions)}


def _rows(ids: Sequence[uuid.UUID], versions: dict[int, ModelVersion]) -> Iterator[Logged]:
    columns = ("id", "predictor", "model_version_id", "prediction", "status", "request")
    for start in range(0, len(ids), CHUNK):
        rows = Prediction.objects.filter(id__in=ids[start : start + CHUNK]).values_list(
            *columns, "created_at", KeyTransform("interval", "response"), KT("response__data")
        )
        found = list(rows)
        needed = {row[2] for row in found if row[2] is not None} - versions.keys()
        versions |= ModelVersion.objects.defer("golden", "engine_proof").in_bulk(needed)
        for identity, predictor, version, prediction, status, request, *more in found:
            facts = request if isinstance(request, Mapping) else {}
            known = versions.get(version)
            yield Logged(identity, predictor, known, prediction, status, facts, *more)
