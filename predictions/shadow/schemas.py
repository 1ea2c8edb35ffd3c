"""What OpenAPI says of it: JSON Schemas of `documents.py`."""

from typing import Any

from predictions.openapi import adding
from predictions.schemas import ref
from predictions.shadow import examples

Schema = dict[str, Any]


def _object(description: str, properties: Schema) -> Schema:
    described = {"description": description} if description else {}
    return described | {
        "type": "object",
        "properties": properties,
        "required": list(properties),
    }


def _figures(description: str, *names: str) -> Schema:
    return _object(description, dict.fromkeys(names, _FIGURE))


_FIGURE: Schema = {"anyOf": [{"type": "number"}, {"type": "null"}]}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_TEXT: Schema = {"type": "string"}
_TIME: Schema = {"type": "string", "format": "date-time"}
_SPREAD = ("median", "mean", "p5", "p95")
_ACCURACY = ("mdape", "within_5", "within_10", "within_20")
_QUANTILES = ("p50", "p95", "p99")

_SHADOW = _object(
    "A version that computes what it would have answered.",
    {
        "predictor": _TEXT,
        "version": {"type": "integer", "minimum": 1},
        "name": _TEXT,
        "is_shadow": {"type": "boolean", "description": "It computes now."},
        "since": _TIME,
        "set_by": _TEXT,
        "reason": _TEXT,
        "ended_at": {"anyOf": [_TIME, {"type": "null"}]},
        "ended_by": _TEXT,
        "computed_to": _TIME | {"description": "requests up to then are computed"},
        "fault": _TEXT | {"description": "why it does not compute now; requests wait for it"},
    },
)
_GROUP = _object(
    "",
    {
        "name": _TEXT | {"examples": ["zipcode"]},
        "value": _TEXT | {"examples": ["98118"]},
        "requests": _COUNT,
        "median_percent": _FIGURE,
        "mean_percent": _FIGURE,
        "median_size_percent": _FIGURE | {"description": "without the sign"},
    },
)
_LATENCY = _object(
    "Milliseconds.",
    {
        "request_ms": _figures("of the live requests, all in all", *_QUANTILES),
        "timed": _COUNT
        | {"description": "so many were computed on both models, in a worker, one after the other"},
        "live_model_ms": _figures("the model that answered, on those", *_QUANTILES),
        "shadow_model_ms": _figures("the shadow, on the same", *_QUANTILES),
    },
)
_OUTCOMES = _object(
    "Where it is known what really was: both on the same requests, per cent.",
    {
        "known": _COUNT,
        "live": _figures("what was answered", *_ACCURACY),
        "shadow": _figures("the shadow", *_ACCURACY),
        "mdape_difference": _FIGURE | {"description": "below 0 the shadow is nearer"},
        "mdape_difference_interval": {
            "description": "95 %, paired bootstrap; null below 30 outcomes",
            "anyOf": [
                {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
                {"type": "null"},
            ],
        },
    },
)

SCHEMAS: dict[str, Schema] = {
    "Shadow": _SHADOW | {"examples": [examples.SHADOW]},
    "Shadows": _object(
        "", {"predictor": _TEXT, "shadows": {"type": "array", "items": ref("Shadow")}}
    )
    | {"examples": [examples.SHADOWS]},
    "ShadowComparison": _object(
        "Differences are shadow minus live. null: nothing to compute it from.",
        {
            "shadow": ref("Shadow"),
            "since": _TIME,
            "at_most": _object(
                "Looked at are the newest, at most so many.",
                {"answers": _COUNT, "outcomes": _COUNT},
            ),
            "requests": _COUNT,
            "answered": _COUNT | {"description": "by the shadow"},
            "answered_share": _FIGURE | {"description": "per cent"},
            "errors": {
                "type": "array",
                "items": _object("", {"error": _TEXT, "requests": _COUNT}),
            },
            "currency": _TEXT,
            "difference": _figures("in `currency`", *_SPREAD),
            "difference_percent": _figures(
                "of what was answered; `beyond_5`: the share of requests that differ by more",
                *_SPREAD,
                *("median_size", "beyond_5", "beyond_10", "beyond_20"),
            ),
            "groups": {
                "type": "array",
                "items": _GROUP,
                "description": "the 100 with most requests, of each name",
            },
            "latency": _LATENCY,
            "outcomes": _OUTCOMES,
        },
    )
    | {"examples": [examples.COMPARISON]},
}

complete_schema = adding(SCHEMAS)
