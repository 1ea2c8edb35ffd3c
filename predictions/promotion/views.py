from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from predictions.access import Needs
from predictions.openapi import PREDICTOR, READ, VERSION, WRITE, responses
from predictions.promotion import documents, services
from predictions.promotion.decoding import read_terms
from predictions.rendering import respond
from predictions.schemas import ref
from predictions.views import JSONView

# Comments, not docstrings, on views: OpenAPI would show a docstring to clients.


class PromotionView(JSONView):
    @extend_schema(
        operation_id="get_model_promotion",
        summary="Why a version took over or did not, and whether the guard rolled it back",
        tags=["models"],
        parameters=[PREDICTOR, VERSION],
        responses=responses("Promotion", *READ),
    )
    def get(self, request: Request, predictor: str, version: int) -> HttpResponse:
        found = services.promotion_of(predictor=predictor, version=version)
        return respond(documents.promotion(*found))


class PolicyView(JSONView):
    writes = Needs(("operate",), "promotion.change_promotionpolicy")

    @extend_schema(
        operation_id="get_promotion_policy",
        summary="How new versions of a predictor come to answer",
        tags=["models"],
        parameters=[PREDICTOR],
        responses=responses("Policy", *READ, _404="`unknown-predictor`."),
    )
    def get(self, request: Request, predictor: str) -> HttpResponse:
        return respond(documents.policy(services.policy_of(predictor=predictor)))

    @extend_schema(
        operation_id="change_promotion_policy",
        summary="Change some terms of the policy",
        tags=["models"],
        parameters=[PREDICTOR],
        request={"application/json": ref("PolicyChange")},
        responses=responses(
            "Policy",
            *WRITE,
            _404="`unknown-predictor`.",
            _422="`invalid-input`: every wrong term is in `errors`. `not-an-object`.",
        ),
    )
    def post(self, request: Request, predictor: str) -> HttpResponse:
        actor = f"{request.user.get_username()} (API)"
        terms = read_terms(request._request)
        policy = services.change_policy(predictor=predictor, terms=terms, actor=actor)
        return respond(documents.policy(policy))
