"""What was answered about something, found again in the log."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from predictions.models import Prediction


@dataclass(frozen=True, slots=True)
class Answered:
    """The newest answer that a version gave about a subject; equal questions have equal answers."""

    id: uuid.UUID
    at: datetime
    subject: bytes
    model_version_id: int
    prediction: float


@dataclass(frozen=True, slots=True)
class Said:
    """An answer, with all that stood in it."""

    at: datetime
    prediction: float
    response: Mapping[str, Any]


def answers_since(moment: datetime, *, model_version_id: int, count: int) -> list[Said]:
    """The newest that a version has given since then, newest first."""
    rows = (
        Prediction.objects.since(moment)
        .filter(model_version_id=model_version_id, prediction__isnull=False)
        .order_by("-id")
        .values_list("created_at", "prediction", "response")[:count]
    )
    return [Said(at, said, response) for at, said, response in rows if response and said]


def answers_about(*, predictor: str, subjects: Sequence[bytes]) -> list[Answered]:
    """One for each version and subject (`Question.subject`), found by an index of the log."""
    ids = [uuid.UUID(bytes=subject) for subject in subjects]
    rows = (
        Prediction.objects.answered_about(predictor, ids)
        .order_by("subject", "model_version_id", "-id")
        .distinct("subject", "model_version_id")
        .values_list("id", "created_at", "subject", "model_version_id", "prediction")
    )
    return [
        Answered(identity, at, subject.bytes, version, prediction)
        for identity, at, subject, version, prediction in rows
        if subject and version and prediction is not None
    ]
