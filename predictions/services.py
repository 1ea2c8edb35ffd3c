"""The one path from a question to an answer, and its audit row."""

import logging
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import uuid_utils
from django.conf import settings
from django.db import InterfaceError, OperationalError

from learning.fields import example_of
from modelregistry import runtime
from modelregistry.errors import DomainError
from modelregistry.loading import LoadedModel
from predictions import catalog, inclusions, recording
from predictions.answers import body_of, decoder_for, in_short, stored_refusal
from predictions.audit import AuditRow
from predictions.contract import Question
from predictions.errors import DatabaseUnavailable, InternalError, InvalidInput, NotAnObject
from predictions.parsing import Parsed

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
    content: bytes
    """JSON, as audited."""
    model_version: str


def answer(
    *,
    predictor_name: str,
    minimal: bool,
    parsed: Parsed,
    call: Call,
    include: Sequence[str] = (),
) -> Answer:
    """Ask the active model; return once the audit row is committed.

    `minimal` asks the client only for what the active model needs; `include` names members that
    the answer is to have besides. Raises the DomainError that was audited, with the row's id as a
    member; DatabaseUnavailable when nothing could be audited.
    """
    prediction_id = uuid_utils.uuid7()
    row = AuditRow(
        id=prediction_id.bytes,
        predictor=predictor_name,
        endpoint=call.endpoint,
        caller=call.caller,
        request_id=call.request_id,
        api_version=settings.API_VERSION,
        request=parsed.text,
    )
    refusal: DomainError | None = None
    model: LoadedModel | None = None
    try:
        model = runtime.active_model(predictor_name)
        row.model_version_id = model.version_id
        question = _question(model, minimal, parsed.payload, include)
        _ask(model, question, include, str(prediction_id), row)
    except (OperationalError, InterfaceError) as error:
        logger.error("database: %s", error)
        raise DatabaseUnavailable("try again in a moment") from error
    except DomainError as error:
        refusal = error
    except Exception:
        logger.exception("request %s, prediction %s", call.request_id, prediction_id)
        refusal = InternalError("something went wrong here; it is in the log")
    if refusal is not None:
        row.status = refusal.status
        row.error = stored_refusal(refusal)
    row.latency_ms = (time.perf_counter() - call.started) * 1000
    recording.record(row)
    if refusal is not None:
        refusal.members["id"] = str(prediction_id)
        raise refusal
    assert row.response is not None and model is not None
    return Answer(content=row.response, model_version=f"{model.predictor}/{model.version}")


def _question(model: LoadedModel, minimal: bool, payload: Any, include: Sequence[str]) -> Question:
    """Raises NotAnObject, NotReady, InvalidInput with every fault, in facts and in `include`."""
    if not isinstance(payload, Mapping):
        raise NotAnObject("send one JSON object with the facts of one request")
    decode = decoder_for(model, minimal=minimal)
    if not include:
        return decode(payload)
    faults = inclusions.faults_in(include, predictor_name=model.predictor)
    try:
        question = decode(payload)
    except InvalidInput as error:
        raise InvalidInput([*error.faults, *faults]) from None
    if faults:
        raise InvalidInput(faults)
    return question


def _ask(
    model: LoadedModel,
    question: Question,
    include: Sequence[str],
    prediction_id: str,
    row: AuditRow,
) -> None:
    """Everything that is answered and audited comes from this one `model`."""
    row.features = question.row[0]
    row.subject = question.subject
    prediction = float(model.predict(question.row)[0])
    if not math.isfinite(prediction):
        raise ValueError(f"{model.predictor} {model.version} answered {prediction}")
    body = body_of(model, question, prediction, prediction_id)
    if include:
        body |= inclusions.included(model, question, include)
    row.response = orjson.dumps(body)
    row.prediction = prediction  # of an answer: what fails before it has none


def active_versions() -> tuple[int | None, ...]:
    """Which answer now, for all predictors; what is told about them is so as long as these do."""
    found: list[int | None] = []
    for predictor in catalog.all_predictors():
        try:
            found.append(runtime.active_model(predictor.name).version_id)
        except DomainError:
            found.append(None)
    return tuple(found)


def required_fields(*, predictor_name: str) -> dict[str, Any]:
    """What the active model needs from a client now, as JSON Schema by field."""
    predictor = catalog.get(predictor_name)
    model = runtime.active_model(predictor_name)
    fields = predictor.fields(model.feature_names)
    return {
        "required": [field.name for field in fields if not field.optional],
        "fields": {field.name: field.json_schema() for field in fields},
        "example": example_of(fields),
        "model": in_short(model),
        "api_version": settings.API_VERSION,
    }
