"""Live accuracy in short: one small query per predictor, for what is looked at all the time.

The same figures as those of `accuracy`, as far as they are both told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from modelregistry.models import ModelVersion
from predictions import catalog
from predictions.contract import DataKind
from predictions.outcomes.figures import LEAST

NEWEST = 10_000
"""So many outcomes are looked at per predictor, those that were recorded last."""
FIGURES = """
SELECT v.version, o.is_synthetic, count(*), min(o.recorded_at),
       100 * percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(o.prediction - o.actual) / o.actual),
       100 * percentile_cont(0.5) WITHIN GROUP (ORDER BY (o.prediction - o.actual) / o.actual),
       100.0 * count(*) FILTER (WHERE abs(o.prediction - o.actual) / o.actual <= 0.1) / count(*),
       count(o.lower),
       100.0 * count(*) FILTER (WHERE o.actual BETWEEN o.lower AND o.upper)
           / nullif(count(o.lower), 0)
FROM (SELECT model_version_id, is_synthetic, recorded_at, prediction, actual, lower, upper
      FROM outcomes_outcome WHERE predictor = %s AND recorded_at >= %s
      ORDER BY recorded_at DESC LIMIT %s) AS o
JOIN modelregistry_modelversion AS v ON v.id = o.model_version_id
GROUP BY v.version, o.is_synthetic ORDER BY v.version DESC, o.is_synthetic
"""


@dataclass(frozen=True, slots=True)
class LiveAccuracy:
    """Of the outcomes of one version, made-up and real ones apart. Errors are in %."""

    predictor: str
    version: int
    data: DataKind
    n: int
    since: datetime
    """When the first of them was recorded."""
    mdape: float | None
    """None, like all that follow: too few outcomes to tell it."""
    median_error: float | None
    """Above 0: the predictions were too high."""
    within_10: float | None
    intervals: int
    """How many had an interval."""
    coverage: float | None
    """How many of those lay in it, %."""
    at_training: float | None = None
    """The MdAPE that was measured when the version was trained."""


def live_accuracy(*, since: datetime) -> Sequence[LiveAccuracy]:
    """Of what was recorded since, at most the NEWEST of each predictor; newest version first."""
    return [
        figures for predictor in catalog.all_predictors() for figures in _of(predictor.name, since)
    ]


def _of(predictor: str, since: datetime) -> list[LiveAccuracy]:
    with connection.cursor() as cursor:
        cursor.execute(FIGURES, [predictor, since, NEWEST])
        rows = cursor.fetchall()
    trained = _at_training(predictor, [row[0] for row in rows])
    return [
        LiveAccuracy(
            predictor=predictor,
            version=version,
            data="synthetic" if is_synthetic else "real",
            n=n,
            since=first,
            mdape=mdape if n >= LEAST else None,
            median_error=median if n >= LEAST else None,
            within_10=float(within) if n >= LEAST else None,
            intervals=intervals,
            coverage=float(coverage) if intervals >= LEAST else None,
            at_training=trained.get(version),
        )
        for version, is_synthetic, n, first, mdape, median, within, intervals, coverage in rows
    ]


def _at_training(predictor: str, numbers: Sequence[int]) -> dict[int, float]:
    versions = ModelVersion.objects.of(predictor).filter(version__in=numbers)
    headlines = {one.version: one.headline for one in versions.only("version", "metrics")}
    return {
        number: float(found["mdape"]) for number, found in headlines.items() if "mdape" in found
    }
