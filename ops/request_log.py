"""A line per request, of those that operators look for (`HOUSING_ACCESS_LOG`)."""

import time
from collections.abc import Callable

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from predictions.admission import PROBES
from predictions.views import caller

logger = structlog.get_logger("ops.request")

# Answered, or refused for what they ask. What is no JSON, say, is refused without a row.
IN_AUDIT_LOG = (200, 422)
# Sent away because there were so many: a line for each would be the flood in another place. They
# are counted, by caller (ops.usage).
TOO_MANY = 429


class RequestLogMiddleware:
    """Behind `RequestIdMiddleware`, whose id the line has.

    The path without its query, in which people may have written what is theirs.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._tells_all = settings.ACCESS_LOG == "all"
        self._tells_others = self._tells_all or settings.ACCESS_LOG == "others"
        self._slow = settings.SLOW_MS / 1000

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = self._get_response(request)
        seconds = time.perf_counter() - started
        is_fault = response.status_code >= 500 or seconds >= self._slow
        is_other = (
            self._tells_others
            and response.status_code != TOO_MANY
            and self._is_other(request, response)
        )
        if is_fault or self._tells_all or is_other:
            _tell(request, response, seconds, is_fault=is_fault)
        return response

    def _is_other(self, request: HttpRequest, response: HttpResponse) -> bool:
        """Than what nobody will look for."""
        return request.path not in PROBES and not request.path.startswith(settings.STATIC_URL)


class QuestionLogMiddleware(RequestLogMiddleware):
    """Questions to predictors that could be read have a row each in the audit log."""

    def _is_other(self, request: HttpRequest, response: HttpResponse) -> bool:
        return response.status_code not in IN_AUDIT_LOG


def _tell(request: HttpRequest, response: HttpResponse, seconds: float, *, is_fault: bool) -> None:
    """`ms` until the answer begins: what streams takes longer."""
    tell = logger.warning if is_fault else logger.info
    tell(
        "answered",
        method=request.method,
        path=request.path,
        status=response.status_code,
        ms=round(seconds * 1000, 1),
        caller=caller(request),
    )
