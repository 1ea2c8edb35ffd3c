"""What OpenAPI must know beyond what the views say: schemas made from the fields themselves."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from learning.fields import object_schema
from modelregistry import runtime
from modelregistry.errors import DomainError
from predictions import catalog
from predictions.contract import Predictor
from predictions.inclusions import PARAMETER

PROBLEM = "application/problem+json"

SYNTHETIC_NOTICE = (
    "**This service runs on SYNTHETIC data: its homes, prices and demographics are invented, and "
    "so are its estimates.** Every answer says so in `data`."
)


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def request_schema_name(predictor_name: str, *, minimal: bool) -> str:
    return f"{predictor_name.title()}{'Minimal' if minimal else ''}Request"


def include_parameter(names: Sequence[str]) -> OpenApiParameter:
    return OpenApiParameter(
        PARAMETER,
        {"type": "array", "items": {"type": "string", "enum": list(names)}, "minItems": 1},
        OpenApiParameter.QUERY,
        style="form",
        explode=False,
        description="What the answer shall have besides, with commas between; it takes longer.",
    )


PREDICTOR = OpenApiParameter(
    "predictor", OpenApiTypes.STR, OpenApiParameter.PATH, description="`homes`"
)
VERSION = OpenApiParameter(
    "version", {"type": "integer", "minimum": 0}, OpenApiParameter.PATH, description="its number"
)
ERRORS = {
    400: "`malformed-json`: the body cannot be read.",
    401: "`not-authenticated`: no user, or a wrong password.",
    403: "`forbidden`: no staff, no permission, or a session without CSRF token.",
    404: "`unknown-predictor` or `unknown-version`.",
    409: "`nothing-to-roll-back`: no other version answered before.",
    411: "`length-required`: send Content-Length.",
    413: "`body-too-large`.",
    415: "`unsupported-media-type`.",
    422: "`invalid-input`: every wrong field is in `errors`.",
    503: "`database-unavailable`; `Retry-After` says when to try again.",
}
"""What a problem of this status means, unless a view says it otherwise."""
READ = (404, 503)
WRITE = (400, 401, 403, 404, 411, 413, 415, 422, 503)


def responses(name: str, *errors: int, status: int = 200, **said: str) -> dict[Any, Any]:
    """The schema `name`, and problems; `said` describes statuses anew: `_422="…"`."""
    described = ERRORS | {int(key.removeprefix("_")): text for key, text in said.items()}
    good = OpenApiResponse(ref(name), description=described.get(status, "Done."))
    problems = {
        (error, PROBLEM): OpenApiResponse(ref("Problem"), description=described[error])
        for error in errors
    }
    return {status: good} | problems


class BasicScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """drf-spectacular finds it by itself, as it does the next."""

    target_class = "predictions.access.Basic"
    name = "basicAuth"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "basic",
            "description": "A staff user with the permission that the operation needs.",
        }


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "predictions.access.Session"
    name = "cookieAuth"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "The session of the admin; the header `X-CSRFToken` goes with it.",
        }


Hook = Callable[..., dict[str, Any]]


def adding(schemas: Mapping[str, Any]) -> Hook:
    """A hook for SPECTACULAR_SETTINGS that adds named schemas."""

    def complete(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        result.setdefault("components", {}).setdefault("schemas", {}).update(schemas)
        return result

    return complete


_STATUS = {
    "type": "object",
    "properties": {
        "status": {"type": "string", "enum": ["live", "ready"]},
        "problems": {
            "type": "object",
            "description": "By predictor: why the active version is not the one that answers here.",
            "additionalProperties": {"type": "string"},
        },
    },
    "required": ["status"],
}
_MODEL = {
    "type": "object",
    "description": "The exact model version that answered.",
    "properties": {
        "predictor": {"type": "string", "examples": ["homes"]},
        "name": {"type": "string", "examples": ["basic"]},
        "version": {"type": "integer", "minimum": 1},
        "digest": {"type": "string", "description": "of the model file, `sha256:…`"},
    },
    "required": ["predictor", "name", "version", "digest"],
}
_ANSWER: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "format": "uuid", "description": "of the audit row (UUIDv7)"},
        "prediction": {"type": "number", "description": "in `currency`", "examples": [458520.0]},
        "currency": {"type": "string", "examples": ["USD"]},
        "model": ref("Model"),
        "api_version": {"type": "string", "description": "of this API, not of the model"},
        "demographics": {
            "type": "object",
            "description": "The census figures that were joined, if the model needs any.",
            "properties": {"zipcode": {"type": "string"}, "source": {"type": "string"}},
            "required": ["zipcode", "source"],
        },
        "data": {
            "type": "string",
            "enum": ["real", "synthetic"],
            "description": "`synthetic`: made-up data went into this; it values no real home.",
        },
    },
    "required": ["id", "prediction", "currency", "model", "api_version", "data"],
    "examples": [
        {
            "id": "01a20193-310e-705c-953a-7ff773457b53",
            "prediction": 458520.0,
            "currency": "USD",
            "model": {
                "predictor": "homes",
                "name": "basic",
                "version": 1,
                "digest": "sha256:b06a43007cbd9c8c8e611be09e1db7ce1bd02178e6e0a7e88c086a235daa8d2a",
            },
            "api_version": "1.0.0",
            "demographics": {
                "zipcode": "98118",
                "source": "zipcode_demographics.csv (real, sha256:8d9be9398129)",
            },
            "data": "real",
        }
    ],
}
_REQUIRED_NOW = {
    "type": "object",
    "properties": {
        "required": {"type": "array", "items": {"type": "string"}},
        "fields": {"type": "object", "description": "JSON Schema of each field"},
        "example": {"type": "object"},
        "model": ref("Model"),
        "api_version": {"type": "string"},
    },
    "required": ["required", "fields", "example", "model", "api_version"],
}
_PROBLEM_SCHEMA = {
    "type": "object",
    "description": "Every error has this form (RFC 9457).",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "description": "stable; see docs/errors.md"},
        "request_id": {"type": "string"},
        "id": {"type": "string", "format": "uuid", "description": "of the audit row, if any"},
        "errors": {
            "type": "array",
            "description": "every field that is wrong",
            "items": {
                "type": "object",
                "properties": {
                    "field": {"type": "string"},
                    "detail": {"type": "string"},
                    "accepted": {"type": "string"},
                },
                "required": ["field", "detail", "accepted"],
            },
        },
    },
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "examples": [
        {
            "type": "urn:valuation-service:problem:invalid-input",
            "title": "Some fields are not accepted",
            "status": 422,
            "detail": "not accepted: bedrooms",
            "code": "invalid-input",
            "request_id": "3c4a38fa087f4d0e961c69e9401674a1",
            "id": "01a20193-3148-773a-bff3-e1fa9477cbc8",
            "errors": [
                {
                    "field": "bedrooms",
                    "detail": "-1 is out of range",
                    "accepted": "a whole number from 0 to 50",
                }
            ],
        }
    ],
}
_DESCRIPTIONS = {
    200: "Answered.",
    400: "`malformed-json`: the body cannot be read as JSON. Not audited.",
    411: "`length-required`: send Content-Length. Not audited.",
    413: "`body-too-large`. Not audited.",
    415: "`unsupported-media-type`: send application/json. Not audited.",
    422: "`invalid-input` (every wrong field is in `errors`) or `not-an-object`. Audited.",
    500: "`internal-error`: a defect of ours. Audited.",
    503: "`no-active-model`, `model-unavailable`, `not-ready` or `database-unavailable`; "
    "`Retry-After` says when to try again.",
}


def complete_schema(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Add the named schemas, those of the requests as the active models need them now."""
    for operations in result["paths"].values():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                response["description"] = response["description"] or _DESCRIPTIONS[int(status)]
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    schemas |= {
        "Status": _STATUS,
        "Model": _MODEL,
        "Answer": _answer_schema(schemas),
        "RequiredNow": _REQUIRED_NOW,
        "Problem": _PROBLEM_SCHEMA,
    }
    for predictor in catalog.all_predictors():
        for minimal in (False, True):
            name = request_schema_name(predictor.name, minimal=minimal)
            schemas[name] = _request_schema(predictor, name, minimal)
        if predictor.data_kind() == "synthetic":
            result["info"]["description"] = SYNTHETIC_NOTICE
            result["info"]["x-data"] = "synthetic"
    return result


def _answer_schema(schemas: dict[str, Any]) -> dict[str, Any]:
    """With the members that a client may ask for, whose own schemas it adds to `schemas`."""
    members = dict(_ANSWER["properties"])
    for predictor in catalog.all_predictors():
        for member, schema in predictor.inclusions.items():
            name = f"{predictor.name.title()}{member.title()}"
            schemas[name] = schema
            members[member] = {
                "anyOf": [ref(name), {"type": "null"}],
                "description": f"Only with `{PARAMETER}={member}`; null: this model has none.",
            }
    return {**_ANSWER, "properties": members}


def _request_schema(predictor: Predictor, name: str, minimal: bool) -> dict[str, Any]:
    fields, description = predictor.fields(), "These fields; any other is refused."
    if minimal:
        description = "What the active model needs now; it changes when the model does."
        try:
            fields = predictor.fields(runtime.active_model(predictor.name).feature_names)
        except DomainError:
            description = "No model is active; these are all the fields there are."
    return object_schema(name, description, fields)


PREDICT_RESPONSES: dict[Any, Any] = {200: ref("Answer")} | {
    (status, PROBLEM): ref("Problem") for status in (400, 411, 413, 415, 422, 500, 503)
}
"""For `extend_schema(responses=…)` of a predict view."""
