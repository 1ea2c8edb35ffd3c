from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request

from ops.usage import documents, services
from ops.usage.decoding import CALLER, DAYS, DEFAULT_DAYS, ENDPOINT, read_usage
from predictions.access import Basic, Bearer, GuardedView, Session, StaffOrKey
from predictions.keys.models import Scope
from predictions.openapi import responses
from predictions.rendering import respond

# Comments, not docstrings, on views: OpenAPI would show a docstring to clients.

PARAMETERS = [
    OpenApiParameter(
        DAYS,
        {"type": "integer", "minimum": 1, "default": DEFAULT_DAYS},
        OpenApiParameter.QUERY,
        description="So many, today (UTC) is the last; at most HOUSING_USAGE_DAYS.",
    ),
    OpenApiParameter(
        ENDPOINT, str, OpenApiParameter.QUERY, description="Only this one: `/api/predict/`."
    ),
    OpenApiParameter(
        CALLER,
        str,
        OpenApiParameter.QUERY,
        description="Only this one: `key:crm`. For staff and keys that may operate.",
    ),
]


class UsageView(GuardedView):
    # How much is asked is open to all; who asks is not: addresses are personal data.
    permission = "usage.view_callercount"
    scope = Scope.OPERATE.value

    def get_authenticators(self) -> list[Any]:
        return [Basic(), Bearer(), Session()]

    def get_permissions(self) -> list[Any]:
        return [AllowAny()]

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
        may_see_callers = guard.has_permission(request, self)
        if asked.caller and not may_see_callers:
            self.permission_denied(request, guard.message)
        found = services.usage(
            days=asked.days,
            endpoint=asked.endpoint,
            caller=asked.caller,
            with_callers=may_see_callers,
        )
        return respond(documents.usage(found))
