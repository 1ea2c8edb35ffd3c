"""What Prometheus reads at /metrics: facts from PostgreSQL, read at each scrape.

Every process therefore says the same, and a restart loses nothing. A further group of metrics is a
module with MEASURES and `collect`, and a line of GROUPS; docs/metrics.md lists them all.
"""

from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from ops.measures import Measure
from ops.metrics import drift

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

GROUPS: tuple[tuple[tuple[Measure, ...], Callable[[], Iterable[Metric]]], ...] = (
    (drift.MEASURES, drift.collect),
)
MEASURES = tuple(measure for measures, _ in GROUPS for measure in measures)


class _FromDatabase(Collector):
    def collect(self) -> Iterator[Metric]:
        for _, collect in GROUPS:
            yield from collect()


def exposition() -> bytes:
    """All metrics in Prometheus' text format. Raises what the database raises."""
    registry = CollectorRegistry(auto_describe=False)
    # Asked for nothing when it is registered, so that one query serves one scrape.
    registry.register(_FromDatabase())
    return generate_latest(registry)
