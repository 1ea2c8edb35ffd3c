"""JSON Schemas of `documents.py`."""

from typing import Any

from predictions.drift.judging import INPUT, PREDICTION, REFERENCE, UNKNOWN
from predictions.openapi import adding
from predictions.schemas import ref

Schema = dict[str, Any]


def _object(description: str, properties: Schema, *, optional: tuple[str, ...] = ()) -> Schema:
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": [name for name in properties if name not in optional],
    }


_SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_NUMBER: Schema = {"type": "number"}
_FLAG: Schema = {"type": "boolean"}
_TIME: Schema = {"type": "string", "format": "date-time"}
_SHIFT: Schema = {
    "psi": _NUMBER | {"description": "population stability index against training"},
    "band": {
        "type": "string",
        "enum": ["stable", "moderate", "shifted"],
        "description": "the usual: below 0.1, below 0.25, from 0.25 on",
    },
    "noise": _NUMBER | {"description": "what so few requests may reach by chance"},
    "limit": _NUMBER | {"description": "from here on it alarms: the policy's, or `noise`"},
    "given": _COUNT,
    "not_given": _SHARE,
    "unknown": _SHARE | {"description": "of values that training never held"},
    "outside": _SHARE | {"description": "of values beyond the range of training"},
    "median": {"anyOf": [_NUMBER, {"type": "null"}]},
    "training_median": _NUMBER,
}
_SUMMARY: Schema = {
    "id": {"type": "integer"},
    "predictor": {"type": "string", "examples": ["homes"]},
    "version": {"type": "integer", "minimum": 1},
    "window_from": _TIME,
    "window_to": _TIME,
    "requests": _COUNT | {"description": "answered, that were looked at"},
    "counted": _COUNT | {"description": "different ones: a home asked twice counts once"},
    "is_judged": _FLAG | {"description": "There were enough requests to judge."},
    "is_alert": _FLAG,
    "begins": _FLAG | {"description": "A reason is new: this alert was told."},
    "reasons": {"type": "array", "items": ref("DriftReason")},
    "reference_changed": _FLAG
    | {"description": "Requests are joined with other data than the version learned from."},
    "created_at": _TIME,
}

SCHEMAS: dict[str, Schema] = {
    "DriftReason": _object(
        "Why there is an alert.",
        {
            "reason": {"type": "string", "enum": [INPUT, UNKNOWN, PREDICTION, REFERENCE]},
            "text": {"type": "string", "examples": ["sqft_living: PSI 0.37 (limit 0.25)"]},
            "input": {"type": "string"},
            "psi": _NUMBER,
            "share": _SHARE,
            "limit": _NUMBER,
        },
        optional=("input", "psi", "share", "limit"),
    ),
    "DriftShift": _object("Asked, compared with training.", _SHIFT),
    "DriftFeature": _object(
        "One input of the model.",
        {
            "name": {"type": "string", "examples": ["sqft_living"]},
            "is_watched": _FLAG | {"description": "An input that may be left out never alarms."},
            **_SHIFT,
        },
    ),
    "DriftSummary": _object("A report in short.", _SUMMARY),
    "DriftReport": _object(
        "What was asked of a version in a window of time, and what it learned from.",
        {
            **_SUMMARY,
            "refused": _COUNT | {"description": "with 422, among those looked at"},
            "is_sample": _FLAG | {"description": "There were more requests than are looked at."},
            "prediction": ref("DriftShift"),
            "features": {
                "type": "array",
                "items": ref("DriftFeature"),
                "description": "largest PSI first",
            },
        },
    ),
    "DriftReports": _object(
        "The newest in full, and the last 30 in short.",
        {
            "predictor": {"type": "string"},
            "newest": {"anyOf": [ref("DriftReport"), {"type": "null"}]},
            "reports": {"type": "array", "maxItems": 30, "items": ref("DriftSummary")},
        },
    ),
}

complete_schema = adding(SCHEMAS)
