"""Of the newest drift report of each predictor."""

from collections.abc import Iterator
from datetime import UTC, datetime

from prometheus_client.metrics_core import Metric

from ops.measures import Measure
from predictions.drift.models import DriftReport
from predictions.drift.services import newest_reports

# Of its active version. No label is its number: one that learns online makes a new one each minute.
OF_PREDICTOR = ("predictor",)
OF_INPUT = (*OF_PREDICTOR, "input")
ALERT = Measure("housing_drift_alert", "1: the newest drift report is an alert", OF_PREDICTOR)
AGE = Measure(
    "housing_drift_report_age_seconds", "since the end of the newest report's window", OF_PREDICTOR
)
REQUESTS = Measure(
    "housing_drift_requests", "different requests in the newest report's window", OF_PREDICTOR
)
REFERENCE = Measure(
    "housing_drift_reference_changed",
    "1: requests are joined with other data than the version learned from",
    OF_PREDICTOR,
)
PSI = Measure(
    "housing_drift_psi",
    "population stability index of an input against training; none with too few requests",
    OF_INPUT,
)
UNKNOWN = Measure(
    "housing_drift_unknown_ratio",
    "share of values of an input that training never held, by its list or its range",
    OF_INPUT,
)
PREDICTIONS = Measure(
    "housing_drift_prediction_psi", "the same index of the predictions", OF_PREDICTOR
)
MEASURES = (ALERT, AGE, REQUESTS, REFERENCE, PSI, UNKNOWN, PREDICTIONS)

Figures = list[tuple[Measure, tuple[str, ...], float]]


def collect() -> Iterator[Metric]:
    families = {measure.name: measure.gauge() for measure in MEASURES}
    now = datetime.now(UTC)
    for report in newest_reports():
        for measure, labels, value in _figures(report, now):
            families[measure.name].add_metric((report.version.predictor, *labels), float(value))
    yield from families.values()


def _figures(report: DriftReport, now: datetime) -> Figures:
    found: Figures = [
        (ALERT, (), report.is_alert),
        (AGE, (), (now - report.window_to).total_seconds()),
        (REQUESTS, (), report.counted),
        (REFERENCE, (), report.reference_changed),
    ]
    if report.is_judged:
        found.append((PREDICTIONS, (), report.prediction["psi"]))
        for feature in report.features:
            name, unknown = (feature["name"],), max(feature["unknown"], feature["outside"])
            found += [(PSI, name, feature["psi"]), (UNKNOWN, name, unknown)]
    return found
