from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from predictions.access import Needs
from predictions.openapi import PREDICTOR, READ, VERSION, WRITE, responses
from predictions.reasons import read_reason
from predictions.rendering import respond
from predictions.schemas import ref
from predictions.shadow import documents, services
from predictions.shadow.comparing import compare
from predictions.shadow.decoding import SINCE, read_since
from predictions.views import JSONView

# Comments, not docstrings, on views: OpenAPI would show a docstring to clients.

_SINCE = OpenApiParameter(
    SINCE,
    {"type": "string", "format": "date-time"},
    OpenApiParameter.QUERY,
    description="Only requests from then on. UTC if no zone is named.",
)
_NO_SHADOW = "`unknown-predictor`, `unknown-version`, or `never-a-shadow`."


class ShadowsView(JSONView):
    @extend_schema(
        operation_id="list_shadows",
        summary="The shadows of a predictor, newest first, ended ones too",
        tags=["models"],
        parameters=[PREDICTOR],
        responses=responses("Shadows", *READ),
    )
    def get(self, request: Request, predictor: str) -> HttpResponse:
        return respond(documents.shadows(predictor, services.shadows(predictor=predictor)))


class ShadowView(JSONView):
    writes = Needs(("operate",), "shadow.change_shadow")

    @extend_schema(
        operation_id="compare_shadow",
        summary="What this version would have answered, beside what was answered",
        tags=["models"],
        parameters=[PREDICTOR, VERSION, _SINCE],
        responses=responses("ShadowComparison", *READ, 422, _404=_NO_SHADOW),
    )
    def get(self, request: Request, predictor: str, version: int) -> HttpResponse:
        since = read_since(request.GET)
        shadow = services.latest_shadow(predictor=predictor, version=version)
        return respond(documents.comparison(compare(shadow, since=since)))

    @extend_schema(
        operation_id="set_shadow",
        summary="Let this version compute what it would have answered, from now on",
        tags=["models"],
        parameters=[PREDICTOR, VERSION],
        request={"application/json": ref("Reason")},
        responses={
            **responses(
                "Shadow",
                *WRITE,
                409,
                _200="It is one already; nothing changed.",
                _409="`already-active`, or `too-many-shadows`: three of a predictor at most.",
                _422="`gate-failed`: this version can never answer. "
                "`invalid-input`, `not-an-object`.",
            ),
            **responses("Shadow", status=201, _201="It is a shadow from now on."),
        },
    )
    def post(self, request: Request, predictor: str, version: int) -> HttpResponse:
        done = services.set_shadow(
            predictor=predictor,
            version=version,
            actor=f"{request.user.get_username()} (API)",
            reason=read_reason(request._request),
        )
        return respond(documents.shadow(done.shadow), status=201 if done.is_new else 200)

    @extend_schema(
        operation_id="end_shadow",
        summary="It computes no more; what it computed stays to be compared",
        tags=["models"],
        parameters=[PREDICTOR, VERSION],
        responses=responses(
            "Shadow",
            *(401, 403, 404, 503),
            _200="It is none any more; nothing changed if it was none.",
            _404=_NO_SHADOW,
        ),
    )
    def delete(self, request: Request, predictor: str, version: int) -> HttpResponse:
        actor = f"{request.user.get_username()} (API)"
        ended = services.end_shadow(predictor=predictor, version=version, actor=actor)
        return respond(documents.shadow(ended))
