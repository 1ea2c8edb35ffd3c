"""What OpenAPI says of `documents.py` and of the seconds that are sent."""

from typing import Any

from learning.fields import example_of, object_schema
from predictions.schemas import ref
from predictors.bitcoin.arriving import END, FIRST_TRADE, LAST_TRADE, MOST_SECONDS
from predictors.bitcoin.files import TIME
from predictors.bitcoin.ml.schema import SECOND_FIELDS
from predictors.bitcoin.ml.targets import FORECASTS

Schema = dict[str, Any]

_COUNT: Schema = {"type": "integer", "minimum": 0}
_MOMENT: Schema = {"type": "string", "format": "date-time"}
_MAYBE: Schema = {"type": ["string", "null"], "format": "date-time"}
_PRICE: Schema = {"type": "number", "description": "USD"}
_VERSION: Schema = {"type": "integer", "minimum": 1}
_DATA: Schema = {"type": ["string", "null"], "enum": ["real", "synthetic", None]}


def _object(properties: Schema, description: str = "") -> Schema:
    described = {"description": description} if description else {}
    return described | {"type": "object", "properties": properties, "required": list(properties)}


def _told() -> Schema:
    schema = object_schema(
        "BitcoinToldSecond", "One second of trades, by the names of the files.", SECOND_FIELDS
    )
    times = {
        TIME: _MOMENT | {"description": "when it began: a whole second, with its time zone"},
        END: _MOMENT | {"description": "the second after; may be left out"},
        FIRST_TRADE: _MOMENT | {"description": "in the second; may be left out"},
        LAST_TRADE: _MOMENT | {"description": "in the second; may be left out"},
    }
    return schema | {
        "properties": {**times, **schema["properties"]},
        "required": [TIME, *schema["required"]],
        "examples": [{TIME: "2020-01-01T00:00:00Z", **example_of(SECOND_FIELDS)}],
    }


def _number(description: str) -> Schema:
    return {"type": ["number", "null"], "description": description}


_GUESS = _object(
    {
        "rmse_usd": _number("root of the mean squared error"),
        "mae_usd": _number("mean of the absolute errors"),
        "bias_usd": _number("mean of guess - actual; above 0: too high"),
        "rmse_bp": _number("in basis points of the actual price"),
        "mae_bp": _number("likewise"),
        "bias_bp": _number("likewise"),
        "direction": _number(
            "of the seconds that brought another price than the last close: the share for which "
            "the guess was on the right side of it, %; null for persistence, which says none"
        ),
    },
    "Null: there is nothing to tell it from.",
)
_FIGURES: Schema = {
    "n": _COUNT | {"description": "forecasts whose second has come"},
    "enough": {"type": "boolean", "description": "at least 30: fewer say little"},
    "model": ref("BitcoinErrors"),
    "persistence": ref("BitcoinErrors"),
    "ewma": ref("BitcoinErrors"),
}
_ACCURACY = _object(
    {
        "predictor": {"type": "string", "enum": ["bitcoin"]},
        "target": {"type": "string", "enum": list(FORECASTS)},
        "window": {"type": "string", "description": "up to now"},
        "since": _MAYBE | {"description": "by the clock at which predictions were asked for"},
        "until": _MOMENT,
        "data": _DATA,
        "cut": {"type": "boolean", "description": "There are more than the million looked at."},
        **_FIGURES,
        "note": {"type": "string", "description": "how few there are, if too few"},
        "versions": {
            "type": "array",
            "items": _object({"version": _VERSION, "name": {"type": "string"}, **_FIGURES}),
        },
    },
    "The model, persistence (the last close) and EWMA(0.2), about the same seconds.",
)
_LIVE = _object(
    {
        "now": _MOMENT,
        "data": _DATA,
        "newest": {
            "anyOf": [
                _object({"time": _MOMENT, "price_close": _PRICE, "recorded_at": _MOMENT}),
                {"type": "null"},
            ],
            "description": "The newest second, and when this service was told it.",
        },
        "waiting": {
            "anyOf": [
                _object({"predicted_at": _MOMENT, "prediction": _PRICE, "version": _VERSION}),
                {"type": "null"},
            ],
            "description": "What the active version said of the second after the newest.",
        },
        "seconds": {
            "type": "array",
            "description": "oldest first",
            "items": _object({"time": _MOMENT, "price_close": _PRICE}),
        },
        "forecasts": {
            "type": "array",
            "description": "newest first",
            "items": _object(
                {
                    "id": {"type": "string", "format": "uuid", "description": "of the prediction"},
                    "second": _MOMENT | {"description": "that it was about"},
                    "predicted_at": _MOMENT,
                    "prediction": _PRICE,
                    "actual": _PRICE,
                    "last_close": _PRICE,
                    "version": _VERSION,
                }
            ),
        },
    },
    "The last minutes of the market, by its own time.",
)
TOLD_BODY: Schema = {
    "application/json": {
        "oneOf": [
            ref("BitcoinToldSecond"),
            {
                "type": "array",
                "items": ref("BitcoinToldSecond"),
                "minItems": 1,
                "maxItems": MOST_SECONDS,
            },
        ]
    }
}
LIVE_SCHEMAS: Schema = {
    "BitcoinToldSecond": _told(),
    "BitcoinRecorded": _object(
        {
            "added": _COUNT | {"description": "seconds that were new"},
            "known": _COUNT | {"description": "that were there with the same numbers"},
            "resolved": _COUNT | {"description": "predictions that met their second"},
            "newest": _MOMENT | {"description": "of all seconds that are there now"},
        }
    ),
    "BitcoinErrors": _GUESS,
    "BitcoinAccuracy": _ACCURACY,
    "BitcoinLive": _LIVE,
}
