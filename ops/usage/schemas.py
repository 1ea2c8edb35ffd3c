"""JSON Schemas of `documents.py`."""

from typing import Any

from ops.usage.services import CLASSES, LISTED_CALLERS
from predictions.openapi import adding
from predictions.schemas import ref

Schema = dict[str, Any]

_COUNT: Schema = {"type": "integer", "minimum": 0}
_RATE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
_DAY: Schema = {"type": "string", "format": "date"}
_FIGURES: Schema = {
    "requests": _COUNT,
    **dict.fromkeys(CLASSES, _COUNT),
    "client_error_rate": _RATE | {"description": "4xx of all requests"},
    "server_error_rate": _RATE | {"description": "5xx of all requests"},
    "statuses": {
        "type": "object",
        "additionalProperties": _COUNT,
        "examples": [{"200": 1041, "422": 3}],
    },
}
_ENDPOINTS: Schema = {
    "type": "array",
    "items": ref("EndpointUsage"),
    "description": "most requests first",
}


def _object(description: str, properties: Schema, *, optional: tuple[str, ...] = ()) -> Schema:
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": [name for name in properties if name not in optional],
    }


SCHEMAS: dict[str, Schema] = {
    "EndpointUsage": _object(
        "Requests to an endpoint, by what was answered.",
        {
            "method": {"type": "string", "examples": ["POST"]},
            "endpoint": {
                "type": "string",
                "description": "its route; or `static`, `admin`, `(none)`: an address that "
                "leads nowhere",
                "examples": ["/api/predict/"],
            },
            **_FIGURES,
        },
    ),
    "DayUsage": _object("Of one day, UTC.", {"day": _DAY, **_FIGURES, "endpoints": _ENDPOINTS}),
    "CallerUsage": _object(
        "Requests of one caller.",
        {
            "caller": {
                "type": "string",
                "description": "`user:NAME`, `key:NAME`, an address, or `(others)`",
                "examples": ["key:crm"],
            },
            **_FIGURES,
        },
    ),
    "Usage": _object(
        "HTTP requests that the web processes answered.",
        {
            "from": _DAY,
            "to": _DAY,
            "counted_until": {
                "type": "string",
                "format": "date-time",
                "description": "All that was answered before is counted.",
            },
            **_FIGURES,
            "endpoints": _ENDPOINTS,
            "days": {"type": "array", "items": ref("DayUsage")},
            "callers": {
                "type": "array",
                "maxItems": LISTED_CALLERS,
                "items": ref("CallerUsage"),
                "description": "most requests first; only for staff and keys that may operate",
            },
            "more_callers": _COUNT | {"description": "that are not listed"},
        },
        optional=("callers", "more_callers"),
    ),
    "Version": _object(
        "Three versions that change for different reasons.",
        {
            "api_version": {
                "type": "string",
                "description": "of this API: what a client may rely on",
                "examples": ["1.0.0"],
            },
            "revision": {
                "type": "string",
                "description": "of the code, as git describes it",
                "examples": ["33a67fb"],
            },
            "python": {"type": "string", "examples": ["3.11.9"]},
            "predictors": {"type": "array", "items": ref("PredictorVersion")},
        },
    ),
    "PredictorVersion": _object(
        "",
        {
            "predictor": {"type": "string", "examples": ["homes"]},
            "model": {
                "anyOf": [ref("ActiveModel"), {"type": "null"}],
                "description": "the active version; null: none is",
            },
        },
    ),
    "ActiveModel": _object(
        "A model version, and since when it is active.",
        {
            "version": {"type": "integer", "minimum": 1},
            "name": {"type": "string", "examples": ["champion"]},
            "digest": {"type": "string", "description": "of the file, `sha256:…`"},
            "since": {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]},
        },
    ),
}

complete_schema = adding(SCHEMAS)
