"""How far the counts of the audit log are behind it."""

from collections.abc import Iterator
from datetime import UTC, datetime

from prometheus_client.metrics_core import Metric

from ops.measures import Measure
from predictions.traffic.services import counted_until

AGE = Measure(
    "housing_traffic_counted_age_seconds",
    "since the moment up to which the log is counted for the operations page; none before the "
    "first count",
)
MEASURES = (AGE,)


def collect() -> Iterator[Metric]:
    until = counted_until()
    yield AGE.told([((), (datetime.now(UTC) - until).total_seconds())] if until else [])
