"""What an answer and a refusal consist of, whichever way they were asked for."""

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson
from django.conf import settings

from modelregistry.errors import DomainError
from modelregistry.loading import LoadedModel
from predictions import catalog
from predictions.contract import Decoder, Question, Rows

logger = logging.getLogger(__name__)

# By version: versions are immutable, so what reads their requests is too.
_decoders: dict[tuple[int, bool], Decoder] = {}
# A model that learns online has a new version every minute.
MOST_DECODERS = 64


def decoder_for(model: LoadedModel, *, minimal: bool) -> Decoder:
    key = (model.version_id, minimal)
    decoder = _decoders.get(key)
    if decoder is None:
        predictor = catalog.get(model.predictor)
        decoder = predictor.decoder(model.feature_names, minimal=minimal)
        if len(_decoders) >= MOST_DECODERS:
            _decoders.clear()
        _decoders[key] = decoder
    return decoder


def predictions_of(model: LoadedModel, rows: Rows) -> Rows:
    """`(n_rows,)`: all at once, or each alone if that fails; NaN for those that the model fails on.

    One row's failure does not take the others' answers along.
    """
    try:
        found = model.predict(rows)
        if found.shape == (len(rows),):
            return found
        logger.error("%s %s gives %s for %s rows", *_named(model), found.shape, len(rows))
    except Exception:  # foreign code may raise anything
        logger.exception("%s %s fails on %s rows", *_named(model), len(rows))
    if len(rows) == 1:
        return np.array([np.nan])
    return np.concatenate([predictions_of(model, rows[n : n + 1]) for n in range(len(rows))])


def _named(model: LoadedModel) -> tuple[str, int]:
    return model.predictor, model.version


def in_short(model: LoadedModel) -> dict[str, Any]:
    """Which version exactly, as every answer says it."""
    return {
        "predictor": model.predictor,
        "name": model.name,
        "version": model.version,
        "digest": model.digest,
    }


def body_of(
    model: LoadedModel, question: Question, prediction: float, prediction_id: str
) -> dict[str, Any]:
    predictor = catalog.get(model.predictor)
    return {
        "id": prediction_id,
        predictor.prediction_key: prediction,
        "currency": predictor.currency,
        "model": in_short(model),
        "api_version": settings.API_VERSION,
        **question.context,
        "data": "synthetic" if model.is_synthetic or question.is_synthetic else "real",
    }


def refusal_of(error: DomainError) -> dict[str, Any]:
    return {"code": error.code, "detail": error.detail, **error.members}


def stored_refusal(error: DomainError) -> bytes:
    """`refusal_of` as JSON for the log."""
    return orjson.dumps(_storable(refusal_of(error)))


def _storable(value: Any) -> Any:
    """What PostgreSQL can show again: no NUL characters."""
    if isinstance(value, str):
        return value.replace("\x00", "\ufffd")
    if isinstance(value, Mapping):
        return {_storable(key): _storable(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_storable(inner) for inner in value]
    return value
