"""The one path from a question to an answer, and its audit row."""

import logging
import math
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import uuid_utils.compat
from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction

from modelregistry import runtime
from modelregistry.errors import DomainError
from modelregistry.models import ModelVersion
from modelregistry.runtime import LoadedModel
from modelregistry.services import activate_version, register_version
from predictions import catalog
from predictions.contract import Predictor, Question
from predictions.errors import DatabaseUnavailable, InternalError, NotAnObject
from predictions.models import Prediction

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Call:
    """Who asked, where and when."""

    endpoint: str
    caller: str
    request_id: str
    started: float
    """`time.perf_counter()` when the request came in."""


@dataclass(frozen=True, slots=True)
class Answer:
    body: dict[str, Any]
    model_version: str


@dataclass(slots=True)
class _Record:
    """What is known of a request so far; it becomes the audit row, whatever happens."""

    model: LoadedModel | None = None
    features: dict[str, float] | None = None
    prediction: float | None = None
    body: dict[str, Any] | None = None


def answer(*, predictor_name: str, minimal: bool, payload: Any, call: Call) -> Answer:
    """Ask the active model; return once the audit row is committed.

    `minimal` asks the client only for what the active model needs. Raises the DomainError that
    was audited, with the row's id as a member; DatabaseUnavailable when nothing could be audited.
    """
    prediction_id = uuid_utils.compat.uuid7()
    record = _Record()
    refusal: DomainError | None = None
    try:
        _ask(predictor_name, minimal, payload, prediction_id, record)
    except (OperationalError, InterfaceError) as error:
        logger.error("database: %s", error)
        raise DatabaseUnavailable("try again in a moment") from error
    except DomainError as error:
        refusal = error
    except Exception:
        logger.exception("request %s, prediction %s", call.request_id, prediction_id)
        refusal = InternalError("something went wrong here; it is in the log")
    _audit(prediction_id, predictor_name, payload, call, record, refusal)
    if refusal is not None:
        refusal.members["id"] = str(prediction_id)
        raise refusal
    assert record.body is not None and record.model is not None
    return Answer(
        body=record.body, model_version=f"{record.model.predictor}/{record.model.version}"
    )


def _ask(
    predictor_name: str, minimal: bool, payload: Any, prediction_id: uuid.UUID, record: _Record
) -> None:
    predictor = catalog.get(predictor_name)
    record.model = model = runtime.active_model(predictor_name)
    if not isinstance(payload, Mapping):
        raise NotAnObject("send one JSON object with the facts of one request")
    fields = predictor.fields(model.feature_names if minimal else None)
    question = predictor.decode(payload, fields)
    record.features = {name: question.features[name] for name in model.feature_names}
    row = np.fromiter(record.features.values(), dtype=np.float64, count=len(model.feature_names))
    prediction = float(model.predict(row.reshape(1, -1))[0])
    if not math.isfinite(prediction):
        raise ValueError(f"{model.predictor} {model.version} answered {prediction}")
    record.prediction = prediction
    record.body = _body(predictor, model, question, prediction, prediction_id)


def _body(
    predictor: Predictor,
    model: LoadedModel,
    question: Question,
    prediction: float,
    prediction_id: uuid.UUID,
) -> dict[str, Any]:
    return {
        "id": str(prediction_id),
        "prediction": prediction,
        "currency": predictor.currency,
        "model": {
            "predictor": model.predictor,
            "name": model.name,
            "version": model.version,
            "digest": model.digest,
        },
        "api_version": settings.API_VERSION,
        **question.context,
        "data": "synthetic" if model.is_synthetic or question.is_synthetic else "real",
    }


def _audit(
    prediction_id: uuid.UUID,
    predictor_name: str,
    payload: Any,
    call: Call,
    record: _Record,
    refusal: DomainError | None,
) -> None:
    """Commit the row (autocommit: `create` returns after it). Raises DatabaseUnavailable."""
    try:
        Prediction.objects.create(
            id=prediction_id,
            created_at=datetime.now(UTC),
            predictor=predictor_name,
            endpoint=call.endpoint,
            model_version_id=record.model.version_id if record.model else None,
            request=payload if refusal is None else _storable(payload),
            features=record.features,
            prediction=record.prediction,
            response=record.body if refusal is None else None,
            error=None if refusal is None else _storable(_as_json(refusal)),
            status=200 if refusal is None else refusal.status,
            latency_ms=(time.perf_counter() - call.started) * 1000,
            caller=call.caller,
            request_id=call.request_id,
            api_version=settings.API_VERSION,
        )
    except (OperationalError, InterfaceError) as error:
        logger.error("database: %s", error)
        raise DatabaseUnavailable("try again in a moment") from error


def _as_json(refusal: DomainError) -> dict[str, Any]:
    return {"code": refusal.code, "detail": refusal.detail, **refusal.members}


def _storable(value: Any) -> Any:
    """What PostgreSQL's jsonb takes: no NUL characters, no NaN or Infinity."""
    if isinstance(value, str):
        return value.replace("\x00", "\ufffd")
    if isinstance(value, float) and not np.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {_storable(key): _storable(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_storable(inner) for inner in value]
    return value


def train_version(
    *, predictor_name: str, recipe: str = "", activate: bool = False, created_by: str = ""
) -> ModelVersion:
    """Train from the database and register what comes out. Raises DomainError."""
    predictor = catalog.get(predictor_name)
    artifact = predictor.train(recipe=recipe or predictor.recipes[0])
    with transaction.atomic():  # both or neither, should we be killed in between
        version = register_version(
            predictor=predictor_name,
            name=artifact.name,
            model_bytes=artifact.model_bytes,
            features_bytes=artifact.features_bytes,
            metrics=artifact.metrics,
            trained_on=artifact.trained_on,
            created_by=created_by,
        )
        if activate:
            version = activate_version(predictor=predictor_name, version=version.version)
    return version


def required_fields(*, predictor_name: str) -> dict[str, Any]:
    """What the active model needs from a client now, as JSON Schema by field."""
    predictor = catalog.get(predictor_name)
    model = runtime.active_model(predictor_name)
    fields = predictor.fields(model.feature_names)
    return {
        "required": [field.name for field in fields],
        "fields": {field.name: field.json_schema() for field in fields},
        "example": {field.name: field.example for field in fields},
        "model": {
            "predictor": model.predictor,
            "name": model.name,
            "version": model.version,
            "digest": model.digest,
        },
        "api_version": settings.API_VERSION,
    }
