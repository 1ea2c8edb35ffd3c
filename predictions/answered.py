"""What was answered about something, found again in the log."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from predictions.models import Prediction


@dataclass(frozen=True, slots=True)
class Answered:
    """The newest answer that a version gave about a subject; equal questions have equal answers."""

    id: uuid.UUID
    at: datetime
    subject: bytes
    model_version_id: int
    prediction: float


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
