"""A list of questions, answered at once: each as if it had come alone, all by the same model."""

import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
import uuid_utils
from django.conf import settings
from django.db import DataError, IntegrityError, InterfaceError, OperationalError

from learning.fields import Fault
from modelregistry import runtime
from modelregistry.errors import DomainError
from modelregistry.loading import LoadedModel
from predictions import inclusions, recording
from predictions.answers import (
    body_of,
    decoder_for,
    in_short,
    predictions_of,
    refusal_of,
    stored_refusal,
)
from predictions.audit import AuditRow
from predictions.contract import Question
from predictions.errors import DatabaseUnavailable, InternalError, InvalidInput, NotAnObject
from predictions.parsing import Parsed, as_text
from predictions.services import Call

logger = logging.getLogger(__name__)

MOST_ITEMS = 1_000
# With members that take up to 17 ms each, a longer list would take too long.
MOST_WITH_INCLUDE = 50


@dataclass(slots=True)
class _Item:
    """One of the list, on its way."""

    payload: Any
    row: AuditRow
    name: str
    """Its id as text."""
    question: Question | None = None
    body: Mapping[str, Any] | None = None
    refusal: DomainError | None = None


@dataclass(frozen=True, slots=True)
class Answers:
    content: bytes
    """JSON."""
    model_version: str


def answer_many(
    *, predictor_name: str, parsed: Parsed, call: Call, include: Sequence[str] = ()
) -> Answers:
    """Ask the active model; return once a row for each is in the log, all committed together.

    Each item has its own answer or refusal, in the order of the list. Raises InvalidInput when it
    is no list of 1 to MOST_ITEMS, or `include` is wrong (nothing is audited then: nothing was
    asked), NoActiveModel, ModelUnavailable, DatabaseUnavailable.
    """
    payloads = _items_of(parsed.payload, include, predictor_name)
    model = runtime.active_model(predictor_name)
    items = [_begun(payload, model, call) for payload in payloads]
    for item in items:
        _safely(_read, item, model)
    _ask(items, model, include)
    _record(items, call)
    return Answers(
        content=orjson.dumps(_document(items, model)),
        model_version=f"{model.predictor}/{model.version}",
    )


def _items_of(payload: Any, include: Sequence[str], predictor_name: str) -> list[Any]:
    faults = inclusions.faults_in(include, predictor_name=predictor_name)
    most = MOST_WITH_INCLUDE if include else MOST_ITEMS
    accepted = f"a JSON array of 1 to {most:,} objects" + (
        f" with include, {MOST_ITEMS:,} without" if include else ""
    )
    if not isinstance(payload, list):
        faults.append(Fault("body", "not an array", accepted))
    elif not 1 <= len(payload) <= most:
        faults.append(Fault("body", f"{len(payload):,} items", accepted))
    if faults:
        raise InvalidInput(faults)
    return list(payload)


def _begun(payload: Any, model: LoadedModel, call: Call) -> _Item:
    identity = uuid_utils.uuid7()
    row = AuditRow(
        id=identity.bytes,
        predictor=model.predictor,
        endpoint=call.endpoint,
        caller=call.caller,
        request_id=call.request_id,
        api_version=settings.API_VERSION,
        request=as_text(payload),
        model_version_id=model.version_id,
    )
    return _Item(payload, row, str(identity))


def _read(item: _Item, model: LoadedModel) -> None:
    if not isinstance(item.payload, Mapping):
        raise NotAnObject("each item is one JSON object with the facts of one request")
    item.question = decoder_for(model, minimal=False)(item.payload)


def _ask(items: Sequence[_Item], model: LoadedModel, include: Sequence[str]) -> None:
    understood = [item for item in items if item.question is not None]
    if not understood:
        return
    rows = np.concatenate([item.question.row for item in understood if item.question is not None])
    predictions = predictions_of(model, rows).tolist()
    for item, prediction in zip(understood, predictions, strict=True):
        _safely(_finish, item, model, prediction, include)


def _finish(item: _Item, model: LoadedModel, prediction: float, include: Sequence[str]) -> None:
    question = item.question
    assert question is not None
    item.row.features = question.row[0]
    item.row.subject = question.subject
    if not math.isfinite(prediction):
        raise ValueError(f"{model.predictor} {model.version} answered {prediction}")
    members = inclusions.included(model, question, include) if include else {}
    item.body = {**body_of(model, question, prediction, item.name), **members}
    item.row.response = orjson.dumps(item.body)
    item.row.prediction = prediction


def _safely(step: Callable[..., None], item: _Item, *arguments: Any) -> None:
    """What it raises is this item's refusal. Raises DatabaseUnavailable, which concerns all."""
    try:
        step(item, *arguments)
    except (OperationalError, InterfaceError) as error:
        raise DatabaseUnavailable("try again in a moment") from error
    except DomainError as error:
        item.refusal = error
    except Exception:
        logger.exception("request %s, prediction %s", item.row.request_id, item.name)
        item.refusal = InternalError("something went wrong here; it is in the log")


def _record(items: Sequence[_Item], call: Call) -> None:
    """Raises DatabaseUnavailable: then none of them is in the log, or nobody could say so."""
    for item in items:
        if item.refusal is not None:
            item.row.status = item.refusal.status
            item.row.error = stored_refusal(item.refusal)
    elapsed = (time.perf_counter() - call.started) * 1000
    for item in items:
        # What one of them took nobody can tell: its share.
        item.row.latency_ms = elapsed / len(items)
    try:
        recording.record_many([item.row for item in items])
    except (OperationalError, InterfaceError) as error:
        logger.error("database: %s", error)
        raise DatabaseUnavailable("try again in a moment") from error
    except (DataError, IntegrityError) as error:
        raise recording.refused(error) from None


def _document(items: Sequence[_Item], model: LoadedModel) -> dict[str, Any]:
    answered = sum(item.refusal is None for item in items)
    return {
        "count": len(items),
        "answered": answered,
        "refused": len(items) - answered,
        "model": in_short(model),
        "api_version": settings.API_VERSION,
        "results": [_result(item) for item in items],
    }


def _result(item: _Item) -> dict[str, Any]:
    if item.refusal is None:
        return {"status": item.row.status, "answer": item.body}
    error = {"id": item.name, "title": item.refusal.title, **refusal_of(item.refusal)}
    return {"status": item.row.status, "error": error}
