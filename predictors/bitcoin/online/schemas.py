"""What OpenAPI says of a lesson and of what came of it: JSON Schema."""

from collections.abc import Mapping
from typing import Any

from predictions.openapi import request_schema_name
from predictions.schemas import ref
from predictors.bitcoin.online.lessons import (
    ACTUAL,
    ACTUAL_FIELD,
    ACTUAL_HIGH,
    ACTUAL_HIGH_FIELD,
    LEAST,
    MOST,
    SECONDS,
)
from predictors.bitcoin.schemas import seconds_schema
from predictors.bitcoin.windows import ENVELOPE

Schema = dict[str, Any]

_LIMITS = {"minItems": LEAST, "maxItems": MOST}


def _object(
    description: str, properties: Mapping[str, Schema], *, optional: tuple[str, ...] = ()
) -> Schema:
    described = {"description": description} if description else {}
    return described | {
        "type": "object",
        "properties": dict(properties),
        "required": [name for name in properties if name not in optional],
    }


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


_WINDOW = ref(f"{request_schema_name('bitcoin', minimal=False)}/properties/{ENVELOPE}")
_OF_SECONDS = _object(
    "Traded seconds in ascending time: every 61 in a row are a window and what came after it.",
    {
        SECONDS: {
            "anyOf": [
                {"type": "array", "items": ref("BitcoinToldSecond"), **_LIMITS},
                seconds_schema("None of them with its time.", **_LIMITS),
            ]
        }
    },
)
_OF_WINDOW = _object(
    "One window and what came after it.",
    {
        ENVELOPE: _WINDOW,
        ACTUAL: ACTUAL_FIELD.json_schema(),
        ACTUAL_HIGH: ACTUAL_HIGH_FIELD.json_schema(),
    },
    optional=(ACTUAL_HIGH,),
)
_TWO = _object("USD, at the next close.", {"rmse": {"type": "number"}, "mae": {"type": "number"}})
_ERRORS = _object(
    "Over the seconds just learned, each predicted as if it alone had not been, and the newest "
    "stored ones.",
    {
        "seconds": {"type": "integer", "minimum": 1},
        "before": _TWO | {"description": "of `parent`"},
        "after": _TWO | {"description": "of `version`"},
        "ewma": _TWO | {"description": "of EWMA(0.2) of the closes: no model"},
    },
)
_COUNT: Schema = {"type": "integer", "minimum": 0}

ONLINE_SCHEMAS: dict[str, Schema] = {
    "BitcoinLesson": {
        "oneOf": [
            _OF_SECONDS | {"additionalProperties": False},
            _OF_WINDOW | {"additionalProperties": False},
        ]
    },
    "BitcoinTaught": _object(
        "What came of a lesson.",
        {
            "decision": {
                "type": "string",
                "enum": ["activated", "kept"],
                "description": "`kept`: `parent` goes on answering, and nothing was learned.",
            },
            "reason": {"type": "string"},
            "examples": _object(
                "Windows with what came after each.",
                {
                    "sent": _COUNT,
                    "new": _COUNT,
                    "known": _COUNT | {"description": "learned before: they count once"},
                },
            ),
            "errors": _or_null(_ERRORS),
            "parent": ref("ModelShort") | {"description": "what answered until now"},
            "version": _or_null(ref("ModelShort")),
        },
    ),
}
