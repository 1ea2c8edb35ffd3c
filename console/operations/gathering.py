"""All that the operations page shows, from the services that know it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from modelregistry import overview
from modelregistry.models import Activation, ModelVersion
from ops import queues, storage
from ops.usage.services import requests_between
from predictions import catalog
from predictions.batches import services as batches
from predictions.batches.models import Batch
from predictions.drift.models import DriftReport
from predictions.drift.services import newest_reports
from predictions.outcomes.live import LiveAccuracy, live_accuracy
from predictions.traffic import services as traffic
from predictions.traffic.pictures import SPANS, Picture
from predictions.training import services as training
from predictions.training.models import TrainingRun
from predictors.bitcoin import accuracy as forecasts

RANGES = tuple(SPANS)
USUAL = "24h"
VERSIONS = 8
"""Of each predictor, the newest."""
JOBS = 10
"""Batches, and training runs, the newest."""
ACCURACY_DAYS = 30
"""Outcomes come late: of an hour there are none."""
ENDPOINTS = 30
"""Of all HTTP requests, those that are asked most."""
FORECASTS = 10_000
"""Of a model that is told every second, the newest."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Of one predictor."""

    predictor: str
    serving: overview.Serving
    versions: Sequence[ModelVersion]
    returns_to: ModelVersion | None
    """What a rollback would activate."""
    switches: overview.Switches
    """Since the page's window began."""
    drift: DriftReport | None


@dataclass(frozen=True, slots=True)
class Asked:
    """HTTP requests of one method and route, by status; summed, of all of them or of many."""

    method: str
    route: str
    statuses: Mapping[int, int]

    @property
    def total(self) -> int:
        return sum(self.statuses.values())

    @property
    def classes(self) -> list[int]:
        """How many were answered with 2xx, 3xx, 4xx, 5xx."""
        return [
            sum(count for status, count in self.statuses.items() if status // 100 == first)
            for first in (2, 3, 4, 5)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operations:
    now: datetime
    picture: Picture
    requests: Sequence[Asked]
    """All, then the ENDPOINTS asked most, then the rest if there is any."""
    standings: Sequence[Standing]
    accuracy: Sequence[LiveAccuracy]
    accuracy_since: datetime
    forecasts: forecasts.Accuracy
    batches: batches.Workload
    newest_batches: Sequence[Batch]
    training: training.Workload
    newest_runs: Sequence[TrainingRun]
    queues: queues.Queues | None
    """None: Redis cannot be reached."""
    storage: storage.Storage

    @property
    def switches(self) -> Sequence[Activation]:
        """Of all predictors, newest first."""
        found = [row for standing in self.standings for row in standing.switches.newest]
        return sorted(found, key=lambda row: row.at, reverse=True)

    @property
    def minutes(self) -> float:
        """Of the window."""
        return (self.picture.end - self.picture.start) / timedelta(minutes=1)


def gather(*, window: str) -> Operations:
    """`window`: one of RANGES."""
    now = datetime.now(UTC)
    picture = traffic.picture(window=window)
    since = now - timedelta(days=ACCURACY_DAYS)
    return Operations(
        now=now,
        picture=picture,
        requests=_requests(picture),
        standings=_standings(picture.start),
        accuracy=live_accuracy(since=since),
        accuracy_since=since,
        forecasts=_forecasts(window, now - picture.start),
        batches=batches.workload(),
        newest_batches=batches.newest_batches(limit=JOBS),
        training=training.workload(),
        newest_runs=training.runs()[:JOBS],
        queues=queues.lengths(),
        storage=storage.storage(),
    )


def _requests(picture: Picture) -> list[Asked]:
    found = [
        Asked(endpoint.method, endpoint.route, dict(sorted(statuses.items())))
        for endpoint, statuses in requests_between(start=picture.start, end=picture.end).items()
    ]
    found.sort(key=lambda asked: (-asked.total, asked.route, asked.method))
    rest = found[ENDPOINTS:]
    return [
        Asked("", "all", _summed(found)),
        *found[:ENDPOINTS],
        *([Asked("", f"{len(rest)} others", _summed(rest))] if rest else []),
    ]


def _summed(asked: Iterable[Asked]) -> dict[int, int]:
    total: Counter[int] = Counter()
    for one in asked:
        total.update(one.statuses)
    return dict(sorted(total.items()))


def _standings(since: datetime) -> list[Standing]:
    reports = {report.version.predictor: report for report in newest_reports()}
    return [
        Standing(
            predictor=one.name,
            serving=overview.serving(one.name),
            versions=overview.newest_versions(one.name, limit=VERSIONS),
            returns_to=overview.previous(one.name),
            switches=overview.switches_since(one.name, since),
            drift=reports.get(one.name),
        )
        for one in catalog.all_predictors()
    ]


def _forecasts(window: str, length: timedelta) -> forecasts.Accuracy:
    wanted = forecasts.Wanted(window=length, said=window, at_most=FORECASTS)
    return forecasts.accuracy(wanted)
