"""What it costs that a request is counted: in the request, and when what it wrote is read."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import resolve

from ops.usage import counting, gathering
from ops.usage.records import counted
from ops.usage.spool import spools

READ = 20_000


def counted_requests(
    folder: Path, median: Callable[[Callable[[], object]], float]
) -> Iterator[str]:
    """Lines to print. The spool is one of `folder`, so that nobody else reads it."""
    settings.VAR = folder
    request = RequestFactory().post("/api/predict/")
    request.resolver_match = resolve("/api/predict/")
    response = HttpResponse(b"")
    middleware = counting.CountingMiddleware(lambda request: response)
    bare = median(lambda: middleware(request))
    counting.start()
    cost = median(lambda: middleware(request)) - bare
    yield f"{'a request counted, written to the spool':44} {cost:9.1f} µs"
    for _ in range(READ):
        middleware(request)
    content = b"".join(path.read_bytes() for path in spools(gathering.folder()))
    lines = content.count(b"\n")
    yield f"{'  its line read':44} {_seconds(lambda: counted(content)) / lines * 1e6:9.1f} µs"
    read = _seconds(gathering.gather_all)
    yield f"{'  its line read and added in the database':44} {read / lines * 1e6:9.1f} µs"
    yield f"{'a look that finds nothing new':44} {_seconds(gathering.gather_all) * 1e6:9.1f} µs"
    counting.stop()
    connection.close()


def _seconds(step: Callable[[], object]) -> float:
    started = time.perf_counter()
    step()
    return time.perf_counter() - started
