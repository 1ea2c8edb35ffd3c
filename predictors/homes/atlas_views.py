from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_etags
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request

from predictions.access import PREDICT
from predictions.openapi import responses
from predictions.rendering import json_content, respond
from predictions.views import JSONView
from predictors.homes.atlas import SHELF, Atlas
from predictors.homes.examples import examples

# Comments, not docstrings, on views: OpenAPI would show a docstring to clients.

NOT_MODIFIED = {304: OpenApiResponse(description="As you know it: you sent its `ETag`.")}


class ZipcodesView(JSONView):
    reads = PREDICT

    @extend_schema(
        operation_id="list_home_zipcodes",
        summary="Zipcodes of the sales: prices, a typical home, where they lie",
        tags=["homes"],
        responses=responses(
            "HomesZipcodes",
            503,
            _200="Made of all sales; what outcomes change shows within a minute.",
            _503="`not-ready`: no sales are loaded. `database-unavailable`.",
        )
        | NOT_MODIFIED,
    )
    def get(self, request: Request) -> HttpResponse:
        return _as_asked(SHELF.atlas(), request._request)


class ExamplesView(JSONView):
    reads = PREDICT

    @extend_schema(
        operation_id="list_example_homes",
        summary="A few homes to try the service with",
        tags=["homes"],
        responses=responses("HomesExamples", 503),
    )
    def get(self, request: Request) -> HttpResponse:
        return respond(examples())


def _as_asked(atlas: Atlas, request: HttpRequest) -> HttpResponse:
    """Small, and only if the client does not have it."""
    known = parse_etags(request.headers.get("If-None-Match", ""))
    if "*" in known or atlas.etag in known:
        response = HttpResponse(status=304)
        del response["Content-Type"]
    elif "gzip" in request.headers.get("Accept-Encoding", ""):
        response = json_content(atlas.gzipped)
        response["Content-Encoding"] = "gzip"
    else:
        response = json_content(atlas.content)
    response["ETag"] = atlas.etag
    # It may be kept, but not shown again without asking whether it is still so.
    response["Cache-Control"] = "no-cache"
    response["Vary"] = "Accept-Encoding"
    return response
