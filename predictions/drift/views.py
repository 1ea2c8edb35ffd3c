from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from predictions.drift import documents, services
from predictions.drift.decoding import read_predictor
from predictions.openapi import READ, responses
from predictions.rendering import respond
from predictions.views import JSONView

# Comments, not docstrings, on views: OpenAPI would show a docstring to clients.

PREDICTOR = OpenApiParameter(
    "predictor", OpenApiTypes.STR, OpenApiParameter.QUERY, required=True, description="`homes`"
)
REPORT = OpenApiParameter(
    "report", {"type": "integer", "minimum": 0}, OpenApiParameter.PATH, description="its number"
)


class ReportsView(JSONView):
    @extend_schema(
        operation_id="list_drift_reports",
        summary="Whether requests have moved away from what the active version learned from",
        tags=["drift"],
        parameters=[PREDICTOR],
        responses=responses("DriftReports", *READ, 422, _404="`unknown-predictor`."),
    )
    def get(self, request: Request) -> HttpResponse:
        predictor = read_predictor(request._request)
        return respond(documents.reports(predictor, services.reports_of(predictor_name=predictor)))


class ReportView(JSONView):
    @extend_schema(
        operation_id="get_drift_report",
        summary="One report, input by input",
        tags=["drift"],
        parameters=[REPORT],
        responses=responses("DriftReport", *READ, _404="`unknown-report`."),
    )
    def get(self, request: Request, report: int) -> HttpResponse:
        return respond(documents.detail(services.report_of(number=report)))
