"""What Prometheus reads at /metrics: facts from PostgreSQL, read at each scrape.

Every process therefore says the same, and a restart loses nothing. A further group of metrics is a
module with MEASURES and `collect`, and a line of GROUPS; docs/metrics.md lists them all.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping

from django.db import InterfaceError, OperationalError
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from ops.measures import Measure
from ops.metrics import drift, jobs, outcomes, room, traffic, versions
from ops.usage import collecting

logger = logging.getLogger(__name__)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Group = tuple[tuple[Measure, ...], Callable[[], Iterable[Metric]]]
GROUPS: Mapping[str, Group] = {
    "requests": (collecting.MEASURES, collecting.collect),
    "versions": (versions.MEASURES, versions.collect),
    "jobs": (jobs.MEASURES, jobs.collect),
    "drift": (drift.MEASURES, drift.collect),
    "outcomes": (outcomes.MEASURES, outcomes.collect),
    "traffic": (traffic.MEASURES, traffic.collect),
    "room": (room.MEASURES, room.collect),
}
FAULT = Measure(
    "housing_metrics_fault",
    "1: this group is missing, for a reason that the log tells; the others are there",
    ("group",),
)
MEASURES = (*(measure for measures, _ in GROUPS.values() for measure in measures), FAULT)


class _Everything(Collector):
    def collect(self) -> Iterator[Metric]:
        """Raises what says that the database is away: then there is nothing to tell."""
        faults = []
        for name, (_, collect) in GROUPS.items():
            fault = False
            try:
                yield from list(collect())  # all of the group, or nothing
            except Exception as error:
                if _is_away(error):
                    raise
                # A damaged row, a lock that is held for long: no reason to be blind.
                logger.exception("no metrics of %s", name)
                fault = True
            faults.append(((name,), fault))
        yield FAULT.told(faults)


def _is_away(error: Exception) -> bool:
    """Whether the database is, and not only this one query failed: it was too slow, a deadlock."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    state: str | None = getattr(error.__cause__, "sqlstate", None)
    # Connection exceptions and an operator's shutdown: PostgreSQL's classes 08 and 57P.
    return state is None or state.startswith(("08", "57P"))


def exposition() -> bytes:
    """All metrics in Prometheus' text format. Raises what the database raises when it is away."""
    registry = CollectorRegistry(auto_describe=False)
    # Asked for nothing when it is registered, so that one scrape reads each fact once.
    registry.register(_Everything())
    return generate_latest(registry)
