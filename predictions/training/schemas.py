"""JSON Schemas of `documents.py` and `decoding.py`."""

from typing import Any

from predictions.openapi import adding
from predictions.schemas import ref
from predictions.training.models import TrainingRun

Schema = dict[str, Any]


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


_TIME: Schema = {"type": "string", "format": "date-time"}
_NUMBER: Schema = {"type": "integer", "minimum": 1}
_SUMMARY: Schema = {
    "id": _NUMBER,
    "url": {"type": "string", "examples": ["/api/training/7/"]},
    "predictor": {"type": "string", "examples": ["homes"]},
    "recipe": {"type": "string", "examples": ["champion"]},
    "state": {
        "type": "string",
        "enum": TrainingRun.State.values,
        "description": "`unchanged`: the active version was trained by this recipe on this data, "
        "so nothing was done. `lost`: its worker is gone.",
    },
    "stage": {"type": "string", "description": "what it does, or did last"},
    "percent": {"type": "integer", "minimum": 0, "maximum": 100},
    "summary": {"type": "string", "description": "how it ended"},
    "version": _or_null(
        _NUMBER | {"description": "what was registered; of a failed run, what the gate refused"}
    ),
    "trigger": {"type": "string", "enum": TrainingRun.Trigger.values},
    "requested_by": {"type": "string"},
    "forced": {"type": "boolean"},
    "cancel_requested": {"type": "boolean"},
    "attempt": {"type": "integer", "minimum": 1, "maximum": 3},
    "retry_of": _or_null(_NUMBER | {"description": "the lost run that this one does again"}),
    "requested_at": _TIME,
    "started_at": _or_null(_TIME),
    "finished_at": _or_null(_TIME),
    "seconds": _or_null({"type": "number", "description": "from start to end"}),
    "peak_memory_mb": _or_null({"type": "integer", "description": "of its largest process"}),
}
_DETAIL: Schema = {
    **_SUMMARY,
    "parameters": {"type": "object", "additionalProperties": True},
    "data_fingerprint": {"type": "string", "description": "of all data there was to learn from"},
    "request_id": {"type": "string", "description": "of what asked for it; empty: no request did"},
    "host": {"type": "string"},
    "pid": _or_null({"type": "integer"}),
    "log": {
        "type": "array",
        "maxItems": 500,
        "items": {
            "type": "object",
            "properties": {"at": _TIME, "text": {"type": "string"}},
            "required": ["at", "text"],
        },
    },
}
_EXAMPLE = {
    "id": 7,
    "url": "/api/training/7/",
    "predictor": "homes",
    "recipe": "champion",
    "state": "running",
    "stage": "growing trees",
    "percent": 10,
    "summary": "",
    "version": None,
    "trigger": "api",
    "requested_by": "olga",
    "forced": False,
    "cancel_requested": False,
    "attempt": 1,
    "retry_of": None,
    "requested_at": "2026-05-14T03:00:00.120Z",
    "started_at": "2026-05-14T03:00:00.211Z",
    "finished_at": None,
    "seconds": None,
    "peak_memory_mb": None,
    "parameters": {},
    "data_fingerprint": "5f0c3a9e7d21b4c88a6e0f1d2c3b4a59687f6e5d4c3b2a190817263544536271",
    "request_id": "3c4a38fa087f4d0e961c69e9401674a1",
    "host": "worker-2",
    "pid": 4711,
    "log": [{"at": "2026-05-14T03:00:02.410Z", "text": "growing trees"}],
}


def _object(description: str, properties: Schema) -> Schema:
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": list(properties),
    }


SCHEMAS: dict[str, Schema] = {
    "TrainingOrder": {
        "type": "object",
        "description": "The body may be left out.",
        "properties": {
            "recipe": {
                "type": "string",
                "description": "Left out: that of the active version.",
                "examples": ["champion"],
            },
            "forced": {
                "type": "boolean",
                "default": False,
                "description": "Train even if nothing has changed since the active version.",
            },
        },
        "additionalProperties": False,
        "examples": [{"recipe": "champion"}],
    },
    "TrainingRun": _object("A training, from the order to what came of it.", _DETAIL)
    | {"examples": [_EXAMPLE]},
    "TrainingRunSummary": _object("A training run, as a list shows it.", _SUMMARY),
    "TrainingRuns": _object("", {"runs": {"type": "array", "items": ref("TrainingRunSummary")}}),
}

complete_schema = adding(SCHEMAS, optional_bodies=("TrainingOrder",))
