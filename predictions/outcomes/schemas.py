"""What OpenAPI says of `documents.py` and of what is sent."""

from typing import Any

from predictions.openapi import adding
from predictions.schemas import ref

Schema = dict[str, Any]


def _object(properties: Schema, description: str = "", *, optional: tuple[str, ...] = ()) -> Schema:
    described = {"description": description} if description else {}
    return described | {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
    }


def _number(description: str) -> Schema:
    return {"type": ["number", "null"], "description": description}


_COUNT: Schema = {"type": "integer", "minimum": 0}
_ID: Schema = {"type": "string", "format": "uuid", "description": "of the prediction"}
_DAY: Schema = {"type": ["string", "null"], "format": "date"}
_PREDICTION_ID = "01a20193-310e-705c-953a-7ff773457b53"

_REPORTED = _object(
    {
        "id": _ID,
        "actual": {"type": "number", "exclusiveMinimum": 0, "description": "of a home its price"},
        "date": {"type": "string", "format": "date", "description": "of the sale; not to come"},
        "parcel": {
            "type": "string",
            "pattern": "^[0-9]{0,10}$",
            "description": "King County's number of the home, if you know it",
        },
    },
    "What became of one prediction.",
    optional=("parcel",),
) | {
    "additionalProperties": False,
    "examples": [{"id": _PREDICTION_ID, "actual": 437500, "date": "2026-05-01"}],
}
_ITEM = _object(
    {
        "item": _COUNT | {"description": "of a list: its place, from 0"},
        "line": _COUNT | {"description": "of a CSV"},
        "id": {"anyOf": [_ID, {"type": "null"}]},
        "result": {
            "type": "string",
            "enum": ["recorded", "corrected", "unchanged", "refused", "unmatched"],
            "description": "`unmatched`: a row of a CSV whose home was not valued in the window",
        },
        "training_data": _object(
            {
                "result": {"type": "string", "enum": ["added", "corrected", "known", "left out"]},
                "reason": {"type": "string", "description": "why it was left out"},
            },
            "Whether models will learn from it; not of what is unchanged and there already.",
        ),
        "errors": {
            "type": "array",
            "description": "why it was refused",
            "items": _object(
                {name: {"type": "string"} for name in ("field", "detail", "accepted")}
            ),
        },
    },
    optional=("item", "line", "training_data", "errors"),
)
_WORDS = ("recorded", "corrected", "unchanged", "refused", "unmatched")
_RECORDED = _object(
    {
        **dict.fromkeys(_WORDS, _COUNT),
        "items": {"type": "array", "items": ref("OutcomeResult")},
    },
    "How many of each, and each.",
) | {
    "examples": [
        {
            **dict.fromkeys(_WORDS, 0),
            "recorded": 1,
            "items": [
                {
                    "id": _PREDICTION_ID,
                    "result": "recorded",
                    "training_data": {"result": "added", "reason": ""},
                }
            ],
        }
    ]
}
_FIGURES: Schema = {
    "n": _COUNT | {"description": "outcomes"},
    "first_date": _DAY,
    "last_date": _DAY | {"description": "of the sales"},
    "mdape": _number("median of the absolute errors, % of the price"),
    "within_5": _number("share that was at most 5 % off, %"),
    "within_10": _number("likewise 10 %"),
    "within_20": _number("likewise 20 %"),
    "median_error": _number("bias, %; above 0: too high"),
    "mean_error": _number("bias, %"),
    "mean_ratio": _number("mean of prediction over price"),
    "naive_mdape": _number("for comparison: who says the median of these prices for each"),
    "median_ratio": _number("median of prediction over price; null below 30 outcomes"),
    "cod": _number("coefficient of dispersion, %; null below 30 outcomes"),
    "prd": _number("price-related differential; null below 30 outcomes"),
    "interval": _object(
        {
            "n": _COUNT | {"description": "outcomes whose prediction has an interval"},
            "promised": {"type": "number", "description": "share that it is to hold, %"},
            "coverage": _number("share that it held, %"),
        }
    ),
}
_EXAMPLE: Schema = {
    "n": 1250,
    "first_date": "2026-02-01",
    "last_date": "2026-04-30",
    "mdape": 9.4,
    "within_5": 28.1,
    "within_10": 52.6,
    "within_20": 81.2,
    "median_error": -0.7,
    "mean_error": 1.2,
    "mean_ratio": 1.012,
    "naive_mdape": 36.9,
    "median_ratio": 0.993,
    "cod": 13.2,
    "prd": 1.02,
    "interval": {"n": 1250, "promised": 90.0, "coverage": 89.6},
}
_ACCURACY = _object(
    {
        "predictor": {"type": "string"},
        "version": {"type": ["integer", "null"], "description": "if only one was asked for"},
        "data": {
            "type": "string",
            "enum": ["real", "synthetic"],
            "description": "What the answers were made of; never both in one figure.",
        },
        "window": {"type": "string"},
        "on": {"type": "string", "enum": ["recorded", "sale"]},
        "since": {"type": ["string", "null"], "format": "date-time"},
        "by": {"type": "string"},
        "at_most": _COUNT | {"description": "outcomes looked at: the last that were recorded"},
        "cut": {"type": "boolean", "description": "There are more than these."},
        "overall": ref("AccuracyFigures"),
        "groups": {
            "type": "array",
            "items": {
                "allOf": [
                    ref("AccuracyFigures"),
                    _object(
                        {
                            "group": {"type": "string"},
                            "at_training": {
                                "type": "object",
                                "description": "By version: what was measured when it was trained.",
                            },
                        },
                        optional=("at_training",),
                    ),
                ]
            },
        },
    }
) | {
    "examples": [
        {
            "predictor": "homes",
            "version": None,
            "data": "real",
            "window": "90d",
            "on": "recorded",
            "since": "2026-02-10T08:00:00Z",
            "by": "version",
            "at_most": 200_000,
            "cut": False,
            "overall": _EXAMPLE,
            "groups": [
                {
                    "group": "3",
                    **_EXAMPLE,
                    "at_training": {"part": "out_of_fold", "mdape": 8.9},
                }
            ],
        }
    ]
}

SCHEMAS: dict[str, Any] = {
    "ReportedOutcome": _REPORTED,
    "OutcomeResult": _ITEM,
    "OutcomesRecorded": _RECORDED,
    "AccuracyFigures": _object(_FIGURES, "Null: too few outcomes to tell (fewer than 5, or 30)."),
    "Accuracy": _ACCURACY,
}

complete_schema = adding(SCHEMAS)
