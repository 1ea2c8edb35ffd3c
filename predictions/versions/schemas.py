"""JSON Schemas of `documents.py` and `decoding.py`."""

from typing import Any

from predictions.reasons import REASON_LENGTH
from predictions.schemas import ref
from predictions.versions import examples

Schema = dict[str, Any]


def _object(description: str, properties: Schema, *, optional: tuple[str, ...] = ()) -> Schema:
    described = {"description": description} if description else {}
    return described | {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
    }


def _with_example(schema: Schema, example: Any) -> Schema:
    return schema | {"examples": [example]}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _text(description: str, example: str) -> Schema:
    described = {"description": description} if description else {}
    return described | {"type": "string", "examples": [example]}


_ANY_OBJECT: Schema = {"type": "object", "additionalProperties": True}
_NUMBER: Schema = {"type": "integer", "minimum": 1, "description": "of a version"}
_DIGEST = _text(
    "of the file, SHA-256", "sha256:b06a43007cbd9c8c8e611be09e1db7ce1bd02178e6e0a7e88c…"
)
_TIME: Schema = {"type": "string", "format": "date-time"}

_SHORT: Schema = {
    "version": _NUMBER,
    "name": _text("not unique", "basic"),
    "digest": _DIGEST,
}
_SUMMARY: Schema = {
    "predictor": _text("", "homes"),
    **_SHORT,
    "is_active": {"type": "boolean"},
    "gate": {"type": "string", "enum": ["passed", "failed", "removed"]},
    "gate_reason": _text(
        "why it failed, or when and why its files were removed; such a version can never be "
        "activated",
        "",
    ),
    "engine": _text("`fast`: proven equal to the pickle; `pickle`: the pickle itself", "fast"),
    "data": {"type": "string", "description": "`real`, `synthetic` or `unknown`"},
    "headline": {
        "type": "object",
        "description": "R², RMSE, MAE and MdAPE (%) on `part` of the data.",
        "properties": {
            "part": {"type": "string", "enum": ["test", "out_of_fold", "at_registration"]}
        },
        "additionalProperties": {"type": "number"},
        "examples": [{"part": "test", "r2": 0.7281, "mdape": 12.24}],
    },
    "created_at": _TIME,
    "created_by": _text("", "admin"),
}
_HISTORY: Schema = {"type": "array", "maxItems": 50, "items": ref("Activation")}

SCHEMAS: dict[str, Schema] = {
    "ModelShort": _object("A version in short.", _SHORT),
    "ModelSummary": _object("A version, as a list shows it.", _SUMMARY),
    "ModelDetail": _with_example(
        _object(
            "All that is known of a version.",
            {
                **_SUMMARY,
                "metrics": _ANY_OBJECT,
                "trained_on": _ANY_OBJECT | {"description": "rows, fingerprint, real or synthetic"},
                "features": {
                    "type": "array",
                    "items": {"type": "string"},
                    "description": "in order",
                },
                "features_digest": _DIGEST,
                "library_versions": _ANY_OBJECT,
                "code_version": {"type": "string"},
                "engine_proof": _ANY_OBJECT | {"description": "how `engine` was compared"},
                "golden_rows": {
                    "type": "integer",
                    "description": "how many answers are recorded, to be given again at each load",
                },
                "notes": {"type": "string"},
                "history": _HISTORY,
            },
        ),
        examples.DETAIL,
    ),
    "Activation": _object(
        "One switch. Written by the database itself, never changed.",
        {
            "from": _or_null(_NUMBER),
            "to": _or_null(_NUMBER),
            "at": _TIME,
            "actor": _text("`sql`: by an UPDATE, not through the service", "admin (API)"),
            "reason": _text("", "better on waterfront"),
            "database_user": _text("", "housing"),
        },
    ),
    "Predictors": _with_example(
        _object(
            "",
            {
                "predictors": {
                    "type": "array",
                    "items": _object(
                        "",
                        {
                            "predictor": _text("", "homes"),
                            "versions": {"type": "integer", "description": "how many there are"},
                            "active": _or_null(ref("ModelShort")),
                        },
                    ),
                }
            },
        ),
        examples.PREDICTORS,
    ),
    "Versions": _with_example(
        _object(
            "",
            {
                "predictor": _text("", "homes"),
                "active": _or_null(_NUMBER),
                "versions": {"type": "array", "maxItems": 100, "items": ref("ModelSummary")},
                "next": _or_null(_text("where older ones are", "/api/models/homes/?before=101")),
                "history": _HISTORY,
            },
        ),
        examples.VERSIONS,
    ),
    "Serving": _with_example(
        _object(
            "What answers in every web process that was seen within 15 s.",
            {
                "predictor": _text("", "homes"),
                "active": _or_null(ref("ModelShort")),
                "converged": {
                    "type": "boolean",
                    "description": "There are processes, and all answer with the active version.",
                },
                "processes": {
                    "type": "array",
                    "items": _object(
                        "",
                        {
                            "host": {"type": "string"},
                            "pid": {"type": "integer"},
                            "version": _or_null(_NUMBER),
                            "engine": {"type": "string"},
                            "since": _or_null(_TIME),
                            "seen_at": _TIME,
                            "fault": _text("why it does not answer with the active version", ""),
                        },
                    ),
                },
            },
        ),
        examples.SERVING,
    ),
    "Switched": _with_example(
        _object(
            "Which version answers now, and which one did before it.",
            {"from": _or_null(_NUMBER), "to": _NUMBER, "version": ref("ModelSummary")},
        ),
        examples.SWITCHED,
    ),
    "Reason": {
        **_object(
            "Kept in the history. The body may be left out.",
            {"reason": {"type": "string", "maxLength": REASON_LENGTH}},
            optional=("reason",),
        ),
        "additionalProperties": False,
        "examples": [{"reason": "better on waterfront"}],
    },
    "ModelUpload": {
        **_object(
            "The two files that Sound Realty's script writes.",
            {
                "model": {"type": "string", "contentMediaType": "application/octet-stream"},
                "features": {
                    "type": "string",
                    "contentMediaType": "application/json",
                    "description": "JSON array of the feature names in order, at most 64 KiB",
                },
                "name": {"type": "string", "maxLength": 100, "default": "model"},
                "notes": {"type": "string", "maxLength": 10_000},
                "sha256": {
                    "type": "string",
                    "pattern": "^[0-9A-Fa-f]{64}$",
                    "description": "of `model`; checked before anything else",
                },
                "metrics": {
                    "type": "string",
                    "contentMediaType": "application/json",
                    "maxLength": 65_536,
                    "description": "Left out: measured at the gate.",
                    "examples": ['{"test": {"r2": 0.81, "mdape": 9.5}}'],
                },
                "data": {
                    "type": "string",
                    "enum": ["real", "synthetic"],
                    "description": "what it learned from",
                },
            },
            optional=("name", "notes", "sha256", "metrics", "data"),
        ),
        "additionalProperties": False,
    },
}
