"""What questions about bitcoin and their answers look like: JSON Schema."""

from collections.abc import Sequence
from typing import Any

from learning.fields import Field, example_of, object_schema
from predictions.schemas import ref
from predictors.bitcoin.live_schemas import LIVE_SCHEMAS
from predictors.bitcoin.ml.schema import SECOND_FIELDS, WINDOW
from predictors.bitcoin.windows import ENVELOPE, HIGH

_NAIVE = {
    "type": "object",
    "description": "What one would say without a model, USD. Of a forecast `last_close` and "
    "`ewma` (0.2, of the sixty closes); of the current high `max_open_close` instead.",
    "properties": {
        "last_close": {"type": "number"},
        "ewma": {"type": "number"},
        "max_open_close": {"type": "number"},
    },
    "required": ["last_close"],
}
_WARNING = {
    "type": "object",
    "properties": {"field": {"type": "string"}, "detail": {"type": "string"}},
    "required": ["field", "detail"],
}
ANSWER: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "format": "uuid", "description": "of the audit row (UUIDv7)"},
        "bitcoin_prediction": {
            "type": "number",
            "description": "USD per coin",
            "examples": [7173.01],
        },
        "currency": {"type": "string", "examples": ["USD"]},
        "target": {
            "type": "string",
            "enum": ["next_close", "next_high", "current_high"],
            "description": "What was asked for; next is the next second that trades.",
        },
        "naive": _NAIVE,
        "warnings": {
            "type": "array",
            "items": _WARNING,
            "description": "What is odd in the request, and was answered nevertheless.",
        },
        "model": ref("Model"),
        "api_version": {"type": "string", "description": "of this API, not of the model"},
        "data": {
            "type": "string",
            "enum": ["real", "synthetic"],
            "description": "`synthetic`: the model learned from made-up seconds.",
        },
    },
    "required": [
        "id",
        "bitcoin_prediction",
        "currency",
        "target",
        "naive",
        "warnings",
        "model",
        "api_version",
        "data",
    ],
}


def seconds_schema(description: str, **limits: int) -> dict[str, Any]:
    """An array of seconds, each with its six numbers."""
    second = object_schema("BitcoinSecond", "One second of trades.", SECOND_FIELDS)
    return {"type": "array", "description": description, "items": second, **limits}


def window_schemas(fields: Sequence[Field]) -> list[dict[str, Any]]:
    """The flat form and the array form of the same sixty seconds."""
    flat = object_schema("BitcoinWindow", "Newest second first, by name.", fields)
    last = seconds_schema(
        f"{WINDOW} seconds in ascending time; the last one may lack `{HIGH}`.",
        minItems=WINDOW,
        maxItems=WINDOW,
    )
    # JSON Schema could say it of the last one alone only by listing all sixty.
    last["items"] = {
        **last["items"],
        "required": [name for name in last["items"]["required"] if name != HIGH],
    }
    return [flat, last]


def request_schema(
    name: str, description: str, fields: Sequence[Field], target: Field
) -> dict[str, Any]:
    window = [field for field in fields if field.name != target.name]
    return {
        "type": "object",
        "title": name,
        "description": f"{description} Values are taken by name, in any order. The {len(window)} "
        "flat fields may also stand without the envelope.",
        "properties": {
            ENVELOPE: {"oneOf": window_schemas(window)},
            target.name: target.json_schema(),
        },
        "required": [ENVELOPE],
        "additionalProperties": False,
        "examples": [{ENVELOPE: example_of(window)}],
    }


SCHEMAS = {"BitcoinAnswer": ANSWER, **LIVE_SCHEMAS}
