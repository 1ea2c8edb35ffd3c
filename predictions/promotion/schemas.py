"""What OpenAPI says of it: schemas of `documents.py` and `decoding.py`."""

from typing import Any

from predictions.openapi import adding
from predictions.promotion.models import GuardIntervention, PromotionDecision, PromotionPolicy
from predictions.promotion.terms import NUMBERS
from predictions.schemas import ref

Schema = dict[str, Any]

_MODE: Schema = {
    "type": "string",
    "enum": list(PromotionPolicy.Mode.values),
    "description": "`manual`: people activate. `if_better`: a version that is trained here is "
    "activated if it proves better on sales that neither it nor the active one has learned from.",
}
_GUARD: Schema = {"type": "boolean", "description": "roll back a version that fails in service"}
_TERMS: Schema = {
    "mode": _MODE,
    "guard_on": _GUARD,
    **{number.name: number.json_schema() for number in NUMBERS},
}
_TIME: Schema = {"type": "string", "format": "date-time"}
_VERSION: Schema = {"type": "integer", "minimum": 1, "description": "number of a version"}
_OBJECT: Schema = {"type": "object", "additionalProperties": True}


def _whole(description: str, properties: Schema) -> Schema:
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": list(properties),
    }


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _list_of(name: str) -> Schema:
    return {"type": "array", "maxItems": 50, "items": ref(name), "description": "newest first"}


SCHEMAS: dict[str, Any] = {
    "PolicyChange": {
        "type": "object",
        "description": "The terms that are to change; the others stay as they are.",
        "properties": _TERMS,
        "additionalProperties": False,
        "examples": [{"mode": "if_better", "threshold": 0.5}],
    },
    "Policy": _whole(
        "How a new version comes to answer, and what makes it go again.",
        {
            "predictor": {"type": "string", "examples": ["homes"]},
            **_TERMS,
            "updated_at": _or_null(_TIME) | {"description": "null: these are the defaults"},
            "updated_by": {"type": "string"},
        },
    ),
    "PromotionDecision": _whole(
        "Whether a version took over, and why.",
        {
            "outcome": {"type": "string", "enum": list(PromotionDecision.Outcome.values)},
            "reason": {"type": "string"},
            "against": _or_null(_VERSION) | {"description": "the active version at that time"},
            "numbers": _OBJECT
            | {
                "description": "`rows` held out; of both versions MdAPE, MAPE (%) and the share of "
                "truths within their intervals; the `difference` with its interval, in points."
            },
            "policy": _OBJECT | {"description": "as it was then"},
            "decided_at": _TIME,
            "actor": {"type": "string"},
        },
    ),
    "GuardIntervention": _whole(
        "A version that failed in service, and what the guard did.",
        {
            "outcome": {"type": "string", "enum": list(GuardIntervention.Outcome.values)},
            "reason": {"type": "string"},
            "version": _VERSION,
            "to": _or_null(_VERSION) | {"description": "what answers since; null: it stood still"},
            "numbers": _OBJECT | {"description": "the requests that were counted"},
            "policy": _OBJECT | {"description": "as it was then"},
            "at": _TIME,
        },
    ),
    "Promotion": _whole(
        "Why a version answers, or does not.",
        {
            "predictor": {"type": "string"},
            "version": _VERSION,
            "is_active": {"type": "boolean"},
            "decisions": _list_of("PromotionDecision"),
            "interventions": _list_of("GuardIntervention"),
        },
    ),
}

complete_schema = adding(SCHEMAS)
