"""What `inclusions.include` gives, as JSON Schema by name: for OpenAPI."""

from typing import Any

from predictors.homes.ml.schema import HOME_FIELDS

Schema = dict[str, Any]


def _number(description: str, **limits: float) -> Schema:
    return {"type": "number", "description": description, **limits}


def _text(description: str, **more: Any) -> Schema:
    return {"type": "string", "description": description, **more}


def _object(description: str, properties: Schema, *, optional: tuple[str, ...] = ()) -> Schema:
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": [name for name in properties if name not in optional],
    }


def _facts(description: str) -> Schema:
    known = {field.name: field.json_schema() for field in HOME_FIELDS}
    # A home that was sold has the ranges of what is sold, not those of what a client may ask.
    properties = {
        name: {key: schema[key] for key in ("type", "description") if key in schema}
        for name, schema in known.items()
    }
    properties["zipcode"] = {"type": "string", "description": "five digits"}
    return {"type": "object", "description": description, "properties": properties}


_DAY = {"format": "date"}
_SALE: Schema = {
    "id": _text("King County's parcel number"),
    "date": _text("of the sale", **_DAY),
    "price": _number("as paid on that day, USD"),
}
_COMPARABLE: Schema = _SALE | {
    "price_per_sqft": _number("USD per square foot of living area"),
    "distance_miles": _number("from the home that is valued, as the crow flies", minimum=0),
    "similarity": _number("1: the model holds them alike", minimum=0, maximum=1),
    "adjustment": _number(
        "USD that the model adds for the differences between that home, on the day of its sale, "
        "and the one that is valued"
    ),
    "adjusted_price": _number("price + adjustment: what it says of the home that is valued, USD"),
    "facts": _facts("Of the home that was sold."),
}

INCLUSIONS: dict[str, Schema] = {
    "interval": _object(
        "Where the price lies with probability `level`.",
        {
            "level": _number("0.9: nine of ten prices lie within", minimum=0, maximum=1),
            "lower": _number("USD"),
            "upper": _number("USD"),
            "fsd": _number("forecast standard deviation of the relative error", minimum=0),
            "confidence": _text("by `fsd`", enum=["high", "medium", "low"]),
        },
    ),
    "comparables": _object(
        "Real sales, none after the valuation date and none of the home itself.",
        {
            "sales": {
                "type": "array",
                "description": "the most alike first",
                "maxItems": 5,
                "items": _object("One sale.", _COMPARABLE),
            },
            "own": {
                "type": "array",
                "description": "sales that are, or may be, of the very home that is valued",
                "items": _object("One sale.", _SALE | {"reason": _text("why it is held so")}),
            },
        },
    ),
    "contributions": _object(
        "What makes the estimate: `base` and all `dollars` add up to it, to the cent.",
        {
            "base": _number("estimate of `base_home`, USD"),
            "base_home": _facts("The home that this one is compared with."),
            "groups": {
                "type": "array",
                "items": _object(
                    "Facts that belong together.",
                    {
                        "group": _text("its name", examples=["location"]),
                        "dollars": _number("what they add to the estimate, or take from it; USD"),
                    },
                ),
            },
        },
    ),
    "warnings": {
        "type": "array",
        "description": "Reasons to trust this estimate less; empty: none is known.",
        "items": _object(
            "One reason.",
            {
                "code": _text("stable"),
                "detail": _text("for people"),
                "field": _text("the fact that it is about, if it is about one"),
                "accepted": _text("what the model has seen of it"),
            },
            optional=("field", "accepted"),
        ),
    },
}
