"""What Prometheus reads at /metrics: facts from PostgreSQL, read at each scrape.

Every process therefore says the same, and a restart loses nothing. A further group of metrics is a
function in COLLECTORS and its gauges in GAUGES; docs/metrics.md lists them all.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from predictions.drift.services import newest_reports

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Gauge:
    name: str
    meaning: str
    labels: tuple[str, ...]

    def family(self) -> GaugeMetricFamily:
        return GaugeMetricFamily(self.name, self.meaning, labels=self.labels)


OF_VERSION = ("predictor", "version")
OF_INPUT = (*OF_VERSION, "input")
DRIFT_ALERT = Gauge("housing_drift_alert", "1: the newest drift report is an alert", OF_VERSION)
DRIFT_AGE = Gauge(
    "housing_drift_report_age_seconds", "since the end of the newest report's window", OF_VERSION
)
DRIFT_REQUESTS = Gauge(
    "housing_drift_requests", "different requests in the newest report's window", OF_VERSION
)
DRIFT_REFERENCE = Gauge(
    "housing_drift_reference_changed",
    "1: requests are joined with other data than the version learned from",
    OF_VERSION,
)
DRIFT_PSI = Gauge(
    "housing_drift_psi",
    "population stability index of an input against training; none with too few requests",
    OF_INPUT,
)
DRIFT_UNKNOWN = Gauge(
    "housing_drift_unknown_ratio",
    "share of values of an input that training never held, by its list or its range",
    OF_INPUT,
)
DRIFT_PREDICTIONS = Gauge(
    "housing_drift_prediction_psi", "the same index of the predictions", OF_VERSION
)
GAUGES_OF_DRIFT = (
    DRIFT_ALERT,
    DRIFT_AGE,
    DRIFT_REQUESTS,
    DRIFT_REFERENCE,
    DRIFT_PSI,
    DRIFT_UNKNOWN,
    DRIFT_PREDICTIONS,
)
GAUGES = GAUGES_OF_DRIFT


def drift() -> Iterator[GaugeMetricFamily]:
    """Of the newest report of each predictor."""
    families = {gauge.name: gauge.family() for gauge in GAUGES_OF_DRIFT}
    now = datetime.now(UTC)
    for report in newest_reports():
        version = report.version.predictor, str(report.version.version)
        figures: list[tuple[Gauge, tuple[str, ...], float]] = [
            (DRIFT_ALERT, (), report.is_alert),
            (DRIFT_AGE, (), (now - report.window_to).total_seconds()),
            (DRIFT_REQUESTS, (), report.counted),
            (DRIFT_REFERENCE, (), report.reference_changed),
        ]
        if report.is_judged:
            figures.append((DRIFT_PREDICTIONS, (), report.prediction["psi"]))
            for feature in report.features:
                name, unknown = (feature["name"],), max(feature["unknown"], feature["outside"])
                figures += [(DRIFT_PSI, name, feature["psi"]), (DRIFT_UNKNOWN, name, unknown)]
        for gauge, labels, value in figures:
            families[gauge.name].add_metric((*version, *labels), float(value))
    yield from families.values()


COLLECTORS: tuple[Callable[[], Iterable[GaugeMetricFamily]], ...] = (drift,)


class _FromDatabase(Collector):
    def collect(self) -> Iterator[GaugeMetricFamily]:
        for collector in COLLECTORS:
            yield from collector()


def exposition() -> bytes:
    """All metrics in Prometheus' text format. Raises what the database raises."""
    registry = CollectorRegistry(auto_describe=False)
    # Asked for nothing when it is registered, so that one query serves one scrape.
    registry.register(_FromDatabase())
    return generate_latest(registry)
