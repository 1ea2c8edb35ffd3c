"""What OpenAPI says of the model versions: schemas, examples, errors, and who may write."""

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from predictions.openapi import PROBLEM, ref
from predictions.versions.schemas import SCHEMAS

PREDICTOR = OpenApiParameter(
    "predictor", OpenApiTypes.STR, OpenApiParameter.PATH, description="`homes`"
)
VERSION = OpenApiParameter(
    "version", {"type": "integer", "minimum": 0}, OpenApiParameter.PATH, description="its number"
)
_ERRORS = {
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
READ = (404, 503)
WRITE = (400, 401, 403, 404, 411, 413, 415, 422, 503)


class BasicScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """drf-spectacular finds it by itself, as it does the next."""

    target_class = "predictions.versions.access.Basic"
    name = "basicAuth"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "basic",
            "description": "A staff user with the permission to add or change model versions.",
        }


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "predictions.versions.access.Session"
    name = "cookieAuth"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "The session of the admin; the header `X-CSRFToken` goes with it.",
        }


def responses(name: str, *errors: int, status: int = 200, **said: str) -> dict[Any, Any]:
    """The schema `name`, and problems; `said` describes statuses anew: `_422="…"`."""
    described = _ERRORS | {int(key.removeprefix("_")): text for key, text in said.items()}
    good = OpenApiResponse(ref(name), description=described.get(status, "Done."))
    problems = {
        (error, PROBLEM): OpenApiResponse(ref("Problem"), description=described[error])
        for error in errors
    }
    return {status: good} | problems


def complete_schema(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """drf-spectacular's hook."""
    result.setdefault("components", {}).setdefault("schemas", {}).update(SCHEMAS)
    for operations in result["paths"].values():
        body = operations.get("post", {}).get("requestBody", {})
        for content in body.get("content", {}).values():
            if content["schema"] in (ref("Reason"), ref("ModelUpload")):
                body["required"] = content["schema"] == ref("ModelUpload")
    return result
