"""Each web process writes down every request that it answers, before the answer is sent.

Commands, workers and tests answer nobody: nothing is written unless `start` was called.
"""

import contextlib
import logging
import time
from collections.abc import Callable

from django.conf import settings
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from ops.usage import gathering
from ops.usage.records import CALLER_LENGTH, NAMED, record
from ops.usage.spool import Spool
from predictions.access import holder_of
from predictions.views import caller

logger = logging.getLogger(__name__)

NO_ADDRESS = "(no address)"
STATIC, ADMIN, NOWHERE = "static", "admin", "(none)"
"""Routes of files, of all pages of the admin, and of addresses that lead nowhere."""

_spool: Spool | None = None


class CountingMiddleware:
    """Right behind RequestIdMiddleware: whatever the others answer is counted."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._static = f"/{settings.STATIC_URL.lstrip('/')}"

    def __call__(self, request: HttpRequest) -> HttpResponse:
        spool = _spool
        if spool is None:
            return self._get_response(request)
        started = time.perf_counter()
        response = self._get_response(request)
        try:
            spool.append(
                record(
                    minute=int(time.time()) // 60,
                    method=request.method or "",
                    route=self._route(request),
                    status=response.status_code,
                    caller=_who(request)[:CALLER_LENGTH],
                    seconds=time.perf_counter() - started,
                )
            )
        except Exception:  # an answer does not depend on being counted
            logger.exception("a request was not counted")
        return response

    def _route(self, request: HttpRequest) -> str:
        match = request.resolver_match
        if match is not None:
            return ADMIN if match.app_names == [ADMIN] else f"/{match.route}"
        return STATIC if request.path_info.startswith(self._static) else NOWHERE


def start() -> None:
    """Once in each web process, after it was forked."""
    global _spool
    spool = Spool(gathering.folder())
    spool.begin()
    if spool.is_open:
        # So that `counted_until` waits for what this process is about to write.
        with contextlib.suppress(Error, OSError):
            gathering.announce(spool.name)
    _spool = spool


def look() -> None:
    """Every few seconds: count what was written. Raises Django's database errors."""
    spool = _spool  # `stop` may be called meanwhile
    if spool is None:
        return
    gathering.gather(spool.name)
    if spool.is_large or not spool.is_open:
        spool.begin()


def stop() -> None:
    """Before the process ends. Without the database the file waits for the next process."""
    global _spool
    spool, _spool = _spool, None
    if spool is None:
        return
    spool.end()
    with contextlib.suppress(Error, OSError):
        gathering.gather(spool.name)


def _who(request: HttpRequest) -> str:
    """By name if it is known by now: asking for it would be a query more."""
    holder = holder_of(request)
    if holder is not None:
        return holder.get_username()
    user = getattr(request, "user", None)
    if type(user) is SimpleLazyObject:  # of a session that nobody has looked at
        user = getattr(request, "_cached_user", None)
    if user is None or not user.is_authenticated:
        address = caller(request)
        # A client may have written it, where HOUSING_PROXIES is not what it should be.
        return NO_ADDRESS if address.startswith(NAMED) else address
    return f"user:{user.get_username()}"
