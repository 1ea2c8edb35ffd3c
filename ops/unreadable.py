"""Requests to pages whose body did not come: no fault of ours, so no 500."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, UnreadablePostError

from predictions.problems import from_error


class UnreadableMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Of views that are not the API's, which look after it themselves."""
        return from_error(exception, request) if is_unread(exception) else None


def is_unread(exception: Exception) -> bool:
    return isinstance(exception, UnreadablePostError)
