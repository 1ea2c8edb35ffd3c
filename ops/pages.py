"""What pages and forms refuse as the API does: it looks after its own requests itself."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, UnreadablePostError

from predictions.errors import BodyTooLarge
from predictions.lengths import content_length
from predictions.problems import from_domain_error, from_error


class PageMiddleware:
    """Before Django's look for a CSRF token, which reads the body of whoever sends one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """No form takes files: Django would write all that come to the disk, however large."""
        if getattr(view, "csrf_exempt", False):  # the API
            return None
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        length = content_length(request)
        if length <= most:
            return None
        refusal = BodyTooLarge(f"{length} bytes: at most {most} are accepted")
        return from_domain_error(refusal, request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """A body that did not come, a database that is away or takes too long: no fault of ours."""
        if isinstance(exception, UnreadablePostError | OperationalError | InterfaceError):
            return from_error(exception, request)
        return None
