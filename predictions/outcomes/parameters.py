"""What OpenAPI says of what is sent."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter

from predictions import catalog
from predictions.schemas import ref

PREDICTOR = OpenApiParameter(
    "predictor",
    {"type": "string", "enum": [predictor.name for predictor in catalog.all_predictors()]},
    OpenApiParameter.QUERY,
    description="Left out, it is the first one of the service; of JSON the ids say it.",
)
MATCH_WINDOW = OpenApiParameter(
    "window",
    {"type": "string", "pattern": "^([0-9]{1,5}d|any)$", "default": "180d"},
    OpenApiParameter.QUERY,
    description="For a CSV without prediction ids: how long before the sale a home may have been "
    "valued; `any`: whenever, after the sale too.",
)
BODY: dict[str, Any] = {
    "application/json": {
        "oneOf": [
            ref("ReportedOutcome"),
            {
                "type": "array",
                "items": ref("ReportedOutcome"),
                "minItems": 1,
                "maxItems": 10_000,
            },
        ]
    },
    "text/csv": {
        "type": "string",
        "description": "`id,actual,date`, or sales with the facts of each home: "
        "`id,date,price,bedrooms,…`, where `id` is the parcel number.",
        "examples": ["id,actual,date\n01a20193-310e-705c-953a-7ff773457b53,437500,2026-05-01\n"],
    },
}
ACCURACY = [
    PREDICTOR,
    OpenApiParameter(
        "window",
        {"type": "string", "pattern": "^([0-9]{1,5}d|all)$", "default": "90d"},
        OpenApiParameter.QUERY,
        description="Up to now.",
    ),
    OpenApiParameter(
        "on",
        {"type": "string", "enum": ["recorded", "sale"], "default": "recorded"},
        OpenApiParameter.QUERY,
        description="What lies in the window: when the outcome was recorded, or the day of the "
        "sale.",
    ),
    OpenApiParameter(
        "by",
        {"type": "string", "default": "version"},
        OpenApiParameter.QUERY,
        description="`version`, `price_band`, `month` (of the sale), or what the predictor knows: "
        "of homes `zipcode`.",
    ),
    OpenApiParameter(
        "version",
        {"type": "integer", "minimum": 0, "maximum": 999_999_999},
        OpenApiParameter.QUERY,
        description="Only what this version said.",
    ),
    OpenApiParameter(
        "data",
        {"type": "string", "enum": ["real", "synthetic"]},
        OpenApiParameter.QUERY,
        description="Answers made of real or of made-up data; if left out: as what is loaded now.",
    ),
]
