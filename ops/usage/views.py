from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request

from ops.usage import documents, services
from ops.usage.decoding import CALLER, DAYS, DEFAULT_DAYS, ENDPOINT, read_usage
from ops.usage.records import CALLER_LENGTH, ROUTE_LENGTH
from predictions.access import Basic, Bearer, Needs, Session, StaffOrKey
from predictions.openapi import responses
from predictions.rendering import respond
from predictions.views import JSONView

# Comments, not docstrings, on views: OpenAPI would show a docstring to clients.

PARAMETERS = [
    OpenApiParameter(
        DAYS,
        {"type": "integer", "minimum": 1, "default": DEFAULT_DAYS},
        OpenApiParameter.QUERY,
        description="So many, today (UTC) is the last; at most HOUSING_USAGE_DAYS.",
    ),
    OpenApiParameter(
        ENDPOINT,
        {"type": "string", "minLength": 1, "maxLength": ROUTE_LENGTH},
        OpenApiParameter.QUERY,
        description="Only this one: `/api/predict/`.",
    ),
    OpenApiParameter(
        CALLER,
        {"type": "string", "minLength": 1, "maxLength": CALLER_LENGTH},
        OpenApiParameter.QUERY,
        description="Only this one: `key:crm`. For staff and keys that may operate.",
    ),
]


# How much is asked, whoever is known may know; who asks is not: addresses are personal data.
CALLERS = Needs(("operate",), "usage.view_callercount")


class UsageView(JSONView):
    # Where the service is open, too: who is known sees more.
    def get_authenticators(self) -> list[Any]:
        return [Basic(), Bearer(), Session()]

    def get_permissions(self) -> list[Any]:
        return super().get_permissions() or [AllowAny()]

    @extend_schema(
        operation_id="usage",
        summary="Is the service used, by whom, and how often does it fail: by day and endpoint",
        tags=["usage"],
        parameters=PARAMETERS,
        responses=responses("Usage", 401, 403, 422, 503),
    )
    def get(self, request: Request) -> HttpResponse:
        asked = read_usage(request._request)
        guard = StaffOrKey()
        may_see_callers = guard.may(request, CALLERS)
        if asked.caller and not may_see_callers:
            self.permission_denied(request, guard.message)
        found = services.usage(
            days=asked.days,
            endpoint=asked.endpoint,
            caller=asked.caller,
            with_callers=may_see_callers,
        )
        return respond(documents.usage(found))
