"""What `atlas.py` and `examples.py` give, as JSON Schema: for OpenAPI."""

from typing import Any

from predictions.schemas import ref
from predictors.homes.examples import SHOWN
from predictors.homes.ml.schema import HOME_FIELDS

Schema = dict[str, Any]


def _object(properties: Schema, description: str = "") -> Schema:
    described = {"description": description} if description else {}
    return described | {"type": "object", "properties": properties, "required": list(properties)}


def _number(description: str) -> Schema:
    return {"type": "number", "description": description}


_COUNT: Schema = {"type": "integer", "minimum": 0}
_DATA: Schema = {"type": ["string", "null"], "enum": ["real", "synthetic", None]}
_DAY: Schema = {"type": "string", "format": "date"}
_LAT, _LONG = _number("latitude, degrees"), _number("longitude, degrees")
_DEMOGRAPHICS = _object(
    {
        "population": _number("people"),
        "median_household_income": _number("USD a year"),
        "median_home_value": _number("USD"),
    },
    "Of the U.S. Census, in short; null: not known, and no home there can be valued.",
)
_ZIPCODE = _object(
    {
        "zipcode": {"type": "string", "pattern": "^[0-9]{5}$"},
        "name": {
            "type": ["string", "null"],
            "description": "what people call it; null: not known",
            "examples": ["Seattle: Fremont, Green Lake, Wallingford"],
        },
        "sales": _COUNT,
        "median_price": _number("USD"),
        "middle_half": {
            "type": "array",
            "description": "a quarter was sold for less than the first, one for more than the "
            "second; USD",
            "items": {"type": "number"},
            "minItems": 2,
            "maxItems": 2,
        },
        "median_price_per_sqft": _number("USD per square foot of living area"),
        "centre": _object({"lat": _LAT, "long": _LONG}, "Where the sale in the middle was."),
        "typical": ref("HomesFacts"),
        "outline": {
            "type": "array",
            "description": "Rings that are closed without their first point again, as "
            "`[longitude, latitude]`; one within another is a hole. Neighbours share the points "
            "of their border. Drawn from the sales, not surveyed: some sales lie outside.",
            "items": {
                "type": "array",
                "minItems": 3,
                "items": {
                    "type": "array",
                    "items": {"type": "number"},
                    "minItems": 2,
                    "maxItems": 2,
                },
            },
        },
        "demographics": {"anyOf": [_DEMOGRAPHICS, {"type": "null"}]},
    }
)
_FACTS = _object(
    {field.name: field.json_schema() for field in HOME_FIELDS},
    "The 18 facts of a home, as `/api/predict/` takes them.",
)

ATLAS_SCHEMAS: Schema = {
    "HomesExamples": _object(
        {
            "data": _DATA,
            "source": {"type": ["string", "null"], "description": "the file; null: none"},
            "examples": {"type": "array", "maxItems": SHOWN, "items": ref("HomesFacts")},
        },
        "Homes to try the service with, from a file of homes that nobody has sold yet.",
    ),
    "HomesFacts": _FACTS,
    "HomesZipcode": _ZIPCODE,
    "HomesZipcodes": _object(
        {
            "data": _DATA,
            "sales": _COUNT,
            "first_sale": _DAY,
            "last_sale": _DAY,
            "bounds": _object(
                {"south": _LAT, "west": _LONG, "north": _LAT, "east": _LONG},
                "Of all outlines.",
            ),
            "zipcodes": {
                "type": "array",
                "description": "by number",
                "items": ref("HomesZipcode"),
            },
        },
        "Where homes were sold, for how much, and what a home is like there.",
    ),
}
