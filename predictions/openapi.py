"""What OpenAPI must know beyond what the views say: schemas made from the fields themselves."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from modelregistry import runtime
from modelregistry.errors import DomainError
from predictions import catalog
from predictions.admission import PROBES
from predictions.bulk import MOST_ITEMS
from predictions.contract import Predictor
from predictions.idempotency.answering import REPLAYED
from predictions.idempotency.decoding import HEADER, PATTERN
from predictions.inclusions import PARAMETER
from predictions.schemas import (
    ANSWER,
    BULK_ANSWER,
    MODEL,
    PROBLEM_DETAILS,
    RECORDED_PREDICTION,
    REQUIRED_NOW,
    STATUS,
    ref,
)
from predictions.throttling.documents import HEADERS
from predictions.throttling.errors import TooManyRequests

PROBLEM = "application/problem+json"

SYNTHETIC_NOTICE = (
    "**This service runs on SYNTHETIC data for {}: what it learned from is invented, and so is "
    "what it answers.** Every answer says so in `data`."
)


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


IDEMPOTENCY_KEY = OpenApiParameter(
    HEADER,
    {"type": "string", "pattern": PATTERN},
    OpenApiParameter.HEADER,
    description="A name of your own for this request. Sent again with the same name, it is not "
    f"carried out again: the first answer is given again, with the header `{REPLAYED}: true`.",
)
PREDICTOR = OpenApiParameter(
    "predictor", OpenApiTypes.STR, OpenApiParameter.PATH, description="`homes`"
)
VERSION = OpenApiParameter(
    "version", {"type": "integer", "minimum": 0}, OpenApiParameter.PATH, description="its number"
)
PREDICTION = OpenApiParameter(
    "prediction", OpenApiTypes.UUID, OpenApiParameter.PATH, description="`id` of an answer"
)
MALFORMED_KEY = f"`malformed-idempotency-key`: the header `{HEADER}`."
KEY_CONFLICT = (
    f"`idempotency-in-progress`: the first request with this `{HEADER}` is not answered yet; "
    "`Retry-After` says when to try again. `answer-not-kept`: it was, at too great a length."
)
KEY_MISMATCH = f"`idempotency-mismatch`: this `{HEADER}` came with another request."
ERRORS = {
    400: "`malformed-json`: the body cannot be read.",
    401: "`not-authenticated`: no key and no user, or one that is not (or no longer) good.",
    403: "`forbidden`: a key without the scope, no staff, no permission, or no CSRF token.",
    404: "`unknown-predictor` or `unknown-version`.",
    409: "`nothing-to-roll-back`: no other version answered before.",
    411: "`length-required`: send Content-Length.",
    413: "`body-too-large`.",
    415: "`unsupported-media-type`.",
    422: "`invalid-input`: every wrong field is in `errors`.",
    429: "`too-many-requests`: in this minute, of this key or address. Or `login-locked`.",
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


class _StaffScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    name: str

    def get_security_requirement(self, auto_schema: Any) -> dict[str, list[str]]:
        """With the permission that the view needs: OpenAPI 3.1 calls it a role."""
        permission = auto_schema.view.needed().permission
        return {self.name: [permission] if permission else []}


class BasicScheme(_StaffScheme):  # type: ignore[no-untyped-call]
    """drf-spectacular finds it by itself, as it does the next."""

    target_class = "predictions.access.Basic"
    name = "basicAuth"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "basic",
            "description": "A staff user with the permission that the operation names.",
        }


class SessionScheme(_StaffScheme):  # type: ignore[no-untyped-call]
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


def adding(schemas: Mapping[str, Any], optional_bodies: Sequence[str] = ()) -> Hook:
    """A hook for SPECTACULAR_SETTINGS that adds named schemas; bodies that may be left out."""
    optional = [ref(name) for name in optional_bodies]

    def complete(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        result.setdefault("components", {}).setdefault("schemas", {}).update(schemas)
        for operations in result["paths"].values():
            body = operations.get("post", {}).get("requestBody", {})
            if any(content["schema"] in optional for content in body.get("content", {}).values()):
                body["required"] = False
        return result

    return complete


_DESCRIPTIONS = {
    200: "Answered.",
    400: f"`malformed-json`: the body cannot be read as JSON. {MALFORMED_KEY} Not audited.",
    409: f"{KEY_CONFLICT} Not audited.",
    411: "`length-required`: send Content-Length. Not audited.",
    413: "`body-too-large`. Not audited.",
    415: "`unsupported-media-type`: send application/json. Not audited.",
    422: "`invalid-input` (every wrong field is in `errors`) or `not-an-object`. Audited. "
    f"{KEY_MISMATCH} Not audited.",
    500: "`internal-error`: a defect of ours. Audited.",
    503: "`no-active-model`, `model-unavailable`, `not-ready` or `database-unavailable`; "
    "`Retry-After` says when to try again.",
}


def complete_schema(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Add the named schemas, those of the requests as the active models need them now."""
    for path, operations in result["paths"].items():
        for operation in operations.values():
            # Unless a part of the API says otherwise in its own hook.
            operation.get("requestBody", {}).setdefault("required", True)
            for status in _refused_to_some(path, operation):
                operation["responses"].setdefault(str(status), _refusal(status))
            for status, response in operation["responses"].items():
                response["description"] = response["description"] or _DESCRIPTIONS[int(status)]
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    schemas |= {
        "Status": STATUS,
        "Model": MODEL,
        "Answer": _answer_schema(schemas),
        "BulkAnswer": BULK_ANSWER,
        "RequiredNow": REQUIRED_NOW,
        "Problem": PROBLEM_DETAILS,
        "RecordedPrediction": RECORDED_PREDICTION,
    }
    for predictor in catalog.all_predictors():
        for minimal in (False, True):
            name = request_schema_name(predictor.name, minimal=minimal)
            schemas[name] = _request_schema(predictor, name, minimal)
        schemas |= predictor.schemas
    synthetic = [p.name for p in catalog.all_predictors() if p.data_kind() == "synthetic"]
    if synthetic:
        result["info"]["description"] = SYNTHETIC_NOTICE.format(" and ".join(synthetic))
        result["info"]["x-data"] = "synthetic"
    return result


def _refused_to_some(path: str, operation: Mapping[str, Any]) -> tuple[int, ...]:
    """A key that is wrong is refused also where none is asked for, and so is who asks too often."""
    if path in PROBES:
        return ()
    return (401, 403, 429) if "security" in operation else (401, 429)


def _refusal(status: int) -> dict[str, Any]:
    refusal = {"description": ERRORS[status], "content": {PROBLEM: {"schema": ref("Problem")}}}
    return refusal | ({"headers": HEADERS} if status == TooManyRequests.status else {})


def _answer_schema(schemas: dict[str, Any]) -> dict[str, Any]:
    """With the members that a client may ask for, whose own schemas it adds to `schemas`."""
    members = dict(ANSWER["properties"])
    for predictor in catalog.all_predictors():
        for member, schema in predictor.inclusions.items():
            name = f"{predictor.name.title()}{member.title()}"
            schemas[name] = schema
            members[member] = {
                "anyOf": [ref(name), {"type": "null"}],
                "description": f"Only with `{PARAMETER}={member}`; null: this model has none.",
            }
    return {**ANSWER, "properties": members}


def _request_schema(predictor: Predictor, name: str, minimal: bool) -> dict[str, Any]:
    fields, description = predictor.fields(), "These fields; any other is refused."
    if minimal:
        description = "What the active model needs now; it changes when the model does."
        try:
            fields = predictor.fields(runtime.active_model(predictor.name).feature_names)
        except DomainError:
            description = "No model is active; these are all the fields there are."
    return predictor.request_schema(name, description, fields)


def bulk_request_schema(predictor_name: str) -> dict[str, Any]:
    """A list of requests as they would come alone."""
    item = ref(request_schema_name(predictor_name, minimal=False))
    return {"type": "array", "minItems": 1, "maxItems": MOST_ITEMS, "items": item}


PREDICT_RESPONSES: dict[Any, Any] = {200: ref("Answer")} | {
    (status, PROBLEM): ref("Problem") for status in (400, 409, 411, 413, 415, 422, 500, 503)
}
"""For `extend_schema(responses=…)` of a predict view."""
BULK_RESPONSES: dict[Any, Any] = {
    200: OpenApiResponse(
        ref("BulkAnswer"),
        description="Each item is answered or refused for itself; all are in the audit log.",
    )
} | {
    (status, PROBLEM): OpenApiResponse(ref("Problem"), description=text)
    for status, text in {
        400: f"`malformed-json`. {MALFORMED_KEY} Not audited.",
        409: f"{KEY_CONFLICT} Not audited.",
        411: "`length-required`. Not audited.",
        413: "`body-too-large`. Not audited.",
        415: "`unsupported-media-type`. Not audited.",
        422: "`invalid-input`: no list of so many items, or a wrong `include`. "
        f"{KEY_MISMATCH} Not audited.",
        503: ERRORS[503] + " Or `no-active-model`, `model-unavailable`.",
    }.items()
}
