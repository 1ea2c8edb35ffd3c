import re
from collections.abc import Callable

import uuid_utils
from django.http import HttpRequest, HttpResponse

# What a client may choose: nothing that could break a log line or a header.
ACCEPTED = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}", re.ASCII)


class RequestIdMiddleware:
    """`X-Request-ID` in and out: the client's if it is acceptable, else one of ours."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = request.META.get("HTTP_X_REQUEST_ID", "")
        if not ACCEPTED.fullmatch(request_id):
            # By time: the log's index of them grows at its end, with less to write (benchmarks).
            request_id = uuid_utils.uuid7().hex
            request.META["HTTP_X_REQUEST_ID"] = request_id
        response = self._get_response(request)
        response["X-Request-ID"] = request_id
        return response
