"""How near the predictions of the last 30 days came, of which somebody reported the outcome."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from prometheus_client.metrics_core import Metric

from ops.measures import Measure
from predictions.outcomes.live import LiveAccuracy, live_accuracy

WINDOW = timedelta(days=30)
LABELS = ("predictor", "version", "data")
COUNT = Measure(
    "housing_outcomes", "outcomes recorded in the last 30 days; of very many the newest", LABELS
)
MDAPE = Measure(
    "housing_outcome_mdape_percent",
    "median of their absolute errors, in % of what really was",
    LABELS,
)
COVERED = Measure(
    "housing_outcome_coverage_percent",
    "how many lay in their 90 % interval, of those with one",
    LABELS,
)
TRAINED = Measure(
    "housing_trained_mdape_percent", "what was measured of the version when it was trained", LABELS
)
MEASURES = (COUNT, MDAPE, COVERED, TRAINED)
Figure = Callable[[LiveAccuracy], float | None]
FIGURES: tuple[tuple[Measure, Figure], ...] = (
    (COUNT, lambda found: found.n),
    (MDAPE, lambda found: found.mdape),
    (COVERED, lambda found: found.coverage),
    (TRAINED, lambda found: found.at_training),
)


def collect() -> Iterator[Metric]:
    """What cannot be told is left out."""
    found = live_accuracy(since=datetime.now(UTC) - WINDOW)
    for measure, figure in FIGURES:
        yield measure.told(
            ((one.predictor, str(one.version), one.data), value)
            for one in found
            if (value := figure(one)) is not None
        )
