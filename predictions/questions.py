"""The way in for questions to a predictor: past what Django does only for pages.

A question is bytes and so is its answer. Sessions, users, CSRF, static files, signals that look
after database connections and the search through all routes have nothing to do with it, and cost
more than the answer (docs/experiments.md). What concerns it too is settings.QUESTION_MIDDLEWARE.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, ResolverMatch, URLResolver, get_resolver, resolve
from django.utils.module_loading import import_string

from predictions.access import PREDICT
from predictions.admission import shows_key
from predictions.idempotency.decoding import META as IDEMPOTENCY_KEY
from predictions.views import PredictView

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

# Remembered as allowed. With a wildcard in ALLOWED_HOSTS there may be any number of them.
MOST_HOSTS = 100

Answer = Callable[[HttpRequest], HttpResponse]


class Questions:
    """WSGI: answers what is POSTed to a predictor's address; all else is `django`'s.

    For a process that serves: what it answers with is in memory, and it has a writer for the log.
    """

    def __init__(self, django: WSGIHandler) -> None:
        self._django = django
        self._views: dict[str, tuple[PredictView, ResolverMatch]] = {}
        self._hosts: set[str] = set()
        self._answer = _safely(self._ask)
        for name in reversed(settings.QUESTION_MIDDLEWARE):
            self._answer = _safely(import_string(name)(self._answer))

    def addresses(self) -> frozenset[bytes]:
        """Of all predictors, as they stand in a request line."""
        return frozenset(f"/{route}".encode() for route in _routes(get_resolver()))

    def __call__(self, environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        if not self.is_question(environ):
            return self._django(environ, start_response)
        response = self._answer(WSGIRequest(environ))
        content = response.content
        response["Content-Length"] = str(len(content))
        start_response(f"{response.status_code} {response.reason_phrase}", [*response.items()])
        return [content]

    def is_question(self, environ: dict[str, Any]) -> bool:
        """Never False for what `ops.arriving` takes for one: Django would hold the main thread."""
        if environ["REQUEST_METHOD"] != "POST" or not self._is_known(environ["PATH_INFO"]):
            return False
        if PREDICT.is_asked() and not shows_key(environ.get("HTTP_AUTHORIZATION", "")):
            return False  # staff, or somebody unknown
        return IDEMPOTENCY_KEY not in environ  # it may wait for another, and needs a connection

    def _ask(self, request: HttpRequest) -> HttpResponse:
        view, request.resolver_match = self._views[request.path_info]
        self._check_host(request)
        return view.ask(request)

    def _check_host(self, request: HttpRequest) -> None:
        """Raises DisallowedHost, as CommonMiddleware does."""
        host = request.META.get("HTTP_HOST", "")
        if host in self._hosts:
            return
        request.get_host()
        if len(self._hosts) < MOST_HOSTS and not settings.USE_X_FORWARDED_HOST:
            self._hosts.add(host)

    def _is_known(self, path: str) -> bool:
        if path in self._views:
            return True
        try:
            match = resolve(path)
        except Resolver404:
            return False
        view = getattr(match.func, "view_class", None)
        if view is None or not issubclass(view, PredictView):
            return False
        self._views[path] = view(), match
        return True


def _routes(resolver: URLResolver, before: str = "") -> Iterator[str]:
    """What is POSTed there is a question."""
    for pattern in resolver.url_patterns:
        route = f"{before}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern, route)
        elif issubclass(getattr(pattern.callback, "view_class", object), PredictView):
            yield route


def _safely(answer: Answer) -> Answer:
    """What it raises becomes a response, as between Django's own middleware."""
    return cast(Answer, convert_exception_to_response(answer))
