import re
from collections.abc import Callable

import uuid_utils
from django.http import HttpRequest, HttpResponse
from structlog.contextvars import bind_contextvars, clear_contextvars

# What a client may choose: nothing that could break a log line or a header.
ACCEPTED = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}", re.ASCII)


class RequestIdMiddleware:
    """`X-Request-ID` in and out: the client's if it is acceptable, else one of ours.

    While the request is answered, what is logged, sent to workers and asked of the database by this
    thread (or greenlet, each of which has a context of its own) is marked with it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = request.META.get("HTTP_X_REQUEST_ID", "")
        if not ACCEPTED.fullmatch(request_id):
            # By time: the log's index of them grows at its end, with less to write (benchmarks).
            request_id = uuid_utils.uuid7().hex
            request.META["HTTP_X_REQUEST_ID"] = request_id
        bind_contextvars(request_id=request_id)
        response = self._get_response(request)
        response["X-Request-ID"] = request_id
        if not response.streaming:  # what streams is still to be made: see OpsConfig
            clear_contextvars()
        return response
