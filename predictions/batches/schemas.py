"""What OpenAPI says of it."""

from typing import Any

from predictions.batches.models import State
from predictions.openapi import adding
from predictions.schemas import ref

_MOMENT = {"type": ["string", "null"], "format": "date-time"}
_COUNT = {"type": "integer", "minimum": 0}
_ERROR = {
    "type": "object",
    "properties": {
        "row": {"type": "integer", "minimum": 1, "description": "1: the first after the header"},
        "id": {"type": "string", "format": "uuid", "description": "of its row in the log"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "field": {"type": "string", "description": "`row`: the row as a whole"},
                    "detail": {"type": "string"},
                    "accepted": {"type": "string"},
                },
                "required": ["field", "detail", "accepted"],
            },
        },
    },
    "required": ["row", "id", "errors"],
}
_FILE = {
    "type": "object",
    "properties": {
        "name": {"type": ["string", "null"]},
        "bytes": _COUNT,
        "format": {"type": "string", "enum": ["csv", "jsonl"]},
        "separator": {"type": ["string", "null"]},
        "columns": {"type": "array", "items": {"type": "string"}},
        "carried": {
            "type": "array",
            "items": {"type": "string"},
            "description": "columns that the model is not asked with; the results have them too",
        },
    },
    "required": ["name", "bytes", "format", "separator", "columns", "carried"],
}
_BATCH = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "state": {"type": "string", "enum": list(State.values)},
        "error": {"type": ["string", "null"], "description": "why it failed"},
        "predictor": {"type": "string"},
        "model": ref("Model"),
        "file": _FILE,
        "rows": {
            "type": "object",
            "properties": {
                "total": {"type": ["integer", "null"], "description": "null: not counted yet"},
                "done": _COUNT,
                "failed": {**_COUNT, "description": "of those done: in error"},
            },
            "required": ["total", "done", "failed"],
        },
        "rows_per_second": {"type": ["number", "null"]},
        "seconds_left": {"type": ["number", "null"]},
        "created_at": _MOMENT,
        "started_at": _MOMENT,
        "finished_at": _MOMENT,
        "errors": {
            "type": "object",
            "properties": {
                "by_field": {"type": "object", "additionalProperties": _COUNT},
                "first": {"type": "array", "maxItems": 100, "items": _ERROR},
            },
            "required": ["by_field", "first"],
        },
        "links": {"type": "object", "additionalProperties": {"type": "string"}},
    },
    "required": ["id", "state", "error", "predictor", "model", "file", "rows", "errors", "links"],
}
_UPLOAD = {
    "type": "object",
    "properties": {
        "file": {
            "type": "string",
            "format": "binary",
            "description": "JSON lines if its name ends in .jsonl or .ndjson, else CSV",
        }
    },
    "required": ["file"],
}
SCHEMAS: dict[str, Any] = {"Batch": _BATCH, "BatchUpload": _UPLOAD}

complete_schema = adding(SCHEMAS)
