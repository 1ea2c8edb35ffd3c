from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request

from modelregistry import runtime
from ops import version
from ops.health import readiness_faults
from ops.metrics.exposition import CONTENT_TYPE, exposition
from predictions.errors import NotReady
from predictions.openapi import PROBLEM, responses
from predictions.rendering import json_response, respond
from predictions.schemas import ref
from predictions.views import JSONView


class LivezView(JSONView):
    reads = None

    @extend_schema(
        operation_id="livez",
        summary="Does this process answer?",
        tags=["health"],
        responses={200: ref("Status")},
    )
    def get(self, request: Request) -> HttpResponse:
        return json_response({"status": "live"})


class ReadyzView(JSONView):
    reads = None

    @extend_schema(
        operation_id="readyz",
        summary="Can the service answer predictions? Database, active model, demographics.",
        tags=["health"],
        responses={200: ref("Status"), (503, PROBLEM): ref("Problem")},
    )
    def get(self, request: Request) -> HttpResponse:
        faults = readiness_faults()
        if faults:
            raise NotReady("; ".join(f"{part}: {why}" for part, why in faults.items()))
        problems = runtime.faults()
        return json_response({"status": "ready"} | ({"problems": problems} if problems else {}))


class MetricsView(JSONView):
    # The proxy in front keeps it for Prometheus (deploy/nginx.conf).
    reads = None

    @extend_schema(
        operation_id="metrics",
        summary="Figures for Prometheus, in its text format",
        tags=["health"],
        responses={
            (200, "text/plain"): OpenApiResponse(OpenApiTypes.STR, description="docs/metrics.md"),
            (503, PROBLEM): OpenApiResponse(ref("Problem"), description="`database-unavailable`."),
        },
    )
    def get(self, request: Request) -> HttpResponse:
        return HttpResponse(exposition(), content_type=CONTENT_TYPE)


class VersionView(JSONView):
    reads = None

    @extend_schema(
        operation_id="version",
        summary="What runs here: the API, the code and each predictor's model",
        tags=["usage"],
        responses=responses("Version", 503),
    )
    def get(self, request: Request) -> HttpResponse:
        return respond(version.current())
