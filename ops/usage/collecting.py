"""Requests and how long they took, for /metrics: all since the service was first started.

Counted in the database, so every process of every machine says the same, and a restart does not
begin again at zero.
"""

import math
from collections import Counter
from collections.abc import Iterator

from prometheus_client.metrics_core import Metric

from ops.measures import Measure
from ops.usage import services
from ops.usage.records import BOUNDS

REQUESTS = Measure(
    "housing_requests_total",
    "HTTP requests that were answered",
    ("method", "route", "status"),
    "counter",
)
DURATION = Measure(
    "housing_request_duration_seconds",
    "from when a request was read to when its answer was made",
    ("route",),
    "histogram",
)
MEASURES = (REQUESTS, DURATION)


def collect() -> Iterator[Metric]:
    requests, durations = REQUESTS.counter(), DURATION.histogram()
    within: dict[str, Counter[float]] = {}
    microseconds: Counter[str] = Counter()
    for total in services.totals():
        route = total.endpoint.route
        requests.add_metric((total.endpoint.method, route, str(total.status)), total.requests)
        within.setdefault(route, Counter()).update(total.within)
        microseconds[route] += total.microseconds
    for route, counts in within.items():
        durations.add_metric((route,), _cumulative(counts), microseconds[route] / 1e6)
    yield requests
    yield durations


def _cumulative(counts: Counter[float]) -> list[tuple[str, float]]:
    """Also with bounds of an earlier release, up to the next that is a bound now."""
    return [
        (
            "+Inf" if bound == math.inf else str(bound),
            float(sum(count for within, count in counts.items() if within <= bound)),
        )
        for bound in BOUNDS
    ]
