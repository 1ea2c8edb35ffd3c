"""One request of the log again, as it was sent and as it was answered."""

import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import orjson

from predictions.errors import UnknownPrediction
from predictions.models import Prediction

_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Recorded:
    content: bytes
    """JSON."""
    model_version: str | None


def recorded_prediction(*, identity: str) -> Recorded:
    """Without who asked, who need not be the one who has the id. Raises UnknownPrediction."""
    row = None
    if _UUID.fullmatch(identity):
        row = Prediction.objects.as_text().filter(id=uuid.UUID(identity)).first()
    if row is None:
        raise UnknownPrediction(
            "no request in the log has this id; months are removed from it after a while"
        )
    version = row.model_version
    body = {
        "id": str(row.id),
        "asked_at": _moment_of(row.id),
        "predictor": row.predictor,
        "status": row.status,
        "request": _as_stored(row.request_text),
        "response": _as_stored(row.response_text),
        "error": _as_stored(row.error_text),
        "model": version
        and {
            "predictor": version.predictor,
            "name": version.name,
            "version": version.version,
            "digest": version.digest,
        },
        "is_active_model": version is not None and version.is_active,
        "api_version": row.api_version,
    }
    name = version and f"{version.predictor}/{version.version}"
    return Recorded(orjson.dumps(body, option=orjson.OPT_UTC_Z), name)


def _moment_of(identity: uuid.UUID) -> datetime:
    """The beginning of the request, as everywhere in the log; its row was written a bit later."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=identity.int >> 80)


def _as_stored(text: str | None) -> orjson.Fragment | None:
    """To the letter: read and written again, 1.0 might be 1, and 1e999 no number at all."""
    return None if text is None else orjson.Fragment(text)
