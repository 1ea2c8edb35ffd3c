"""Recording what really happened: each outcome once, corrections beside what they correct."""

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Literal, get_args

from django.db import connection, transaction

from learning.fields import Fault, check_value
from predictions import catalog, queueing
from predictions.contract import Kept, KnownOutcome
from predictions.outcomes.logged import Logged, logged_predictions
from predictions.outcomes.models import Outcome, OutcomeRevision, Source

MOST_AT_ONCE = 10_000
"""Outcomes in one transaction."""
Word = Literal["recorded", "corrected", "unchanged", "refused", "unmatched"]


@dataclass(frozen=True, slots=True)
class Reported:
    """What somebody says became of one prediction."""

    prediction_id: uuid.UUID
    actual: float
    date: date
    parcel: str = ""


@dataclass(slots=True)
class Result:
    """What became of one report."""

    prediction_id: uuid.UUID | None = None
    word: Word = "refused"
    faults: Sequence[Fault] = ()
    """Why it was refused."""
    kept: Kept | None = None
    """Among the training data; None if nothing was tried, as it is there already."""


def record_outcomes(
    *,
    reports: Sequence[Reported],
    source: Source,
    recorded_by: str,
    seen: set[uuid.UUID] | None = None,
) -> list[Result]:
    """All in one transaction; one result for each report, in their order.

    Nothing is refused for the sake of another: what is wrong with one is said in its result. Of
    two reports of one prediction the second is refused. `seen` is what came before in the same
    list, in other transactions; these are added to it.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            # One at a time, so that nobody corrects what somebody else is about to record.
            cursor.execute("LOCK TABLE outcomes_outcome IN SHARE ROW EXCLUSIVE MODE")
        recording = _Recording(reports, source, recorded_by)
        recording.sort_out(set() if seen is None else seen)
        recording.save()
    return recording.results


@dataclass(slots=True)
class _Recording:
    reports: Sequence[Reported]
    source: Source
    recorded_by: str
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    results: list[Result] = field(init=False)
    _there: dict[uuid.UUID, Outcome] = field(init=False)
    _logged: dict[uuid.UUID, Logged] = field(init=False)
    _changing: list[tuple[Outcome, Reported, Result]] = field(default_factory=list)
    """With the value before, still, if there was one."""
    _again: list[tuple[Outcome, Reported, Result]] = field(default_factory=list)
    """Nothing new, but for the training data there may be by now."""

    def __post_init__(self) -> None:
        self.results = [Result(report.prediction_id) for report in self.reports]
        ids = [report.prediction_id for report in self.reports]
        self._there = {o.prediction_id: o for o in Outcome.objects.filter(prediction_id__in=ids)}
        self._logged = logged_predictions(ids)

    def sort_out(self, seen: set[uuid.UUID]) -> None:
        for report, result in zip(self.reports, self.results, strict=True):
            result.faults = self._faults(report, seen)
            if result.faults:
                continue
            seen.add(report.prediction_id)
            outcome = self._there.get(report.prediction_id)
            if outcome is None:
                outcome = self._logged[report.prediction_id].outcome()
                result.word = "recorded"
            elif outcome.has(report.actual, report.date):
                result.word = "unchanged"
                if not outcome.kept_as or report.parcel not in ("", outcome.kept_as):
                    self._again.append((outcome, report, result))
                continue
            else:
                result.word = "corrected"
            self._changing.append((outcome, report, result))

    def save(self) -> None:
        """Training data first: an outcome says what it is called there."""
        self._keep()
        Outcome.objects.save_kept([outcome for outcome, _, _ in self._again])
        for outcome, report, _ in self._changing:
            outcome.actual, outcome.date = report.actual, report.date
            outcome.source, outcome.recorded_by = self.source, self.recorded_by
            outcome.recorded_at = self.now
        outcomes = [outcome for outcome, _, _ in self._changing]
        new = [outcome for outcome in outcomes if outcome.pk is None]
        Outcome.objects.save_values([outcome for outcome in outcomes if outcome.pk is not None])
        Outcome.objects.bulk_create(new, batch_size=1_000)
        OutcomeRevision.objects.add_current(outcomes)
        if any(not outcome.intervals_known for outcome in new):
            queueing.send("predictions.outcomes.add_intervals")

    def _keep(self) -> None:
        of_predictor: dict[str, list[tuple[Outcome, Reported, Result]]] = defaultdict(list)
        for change in [*self._changing, *self._again]:
            of_predictor[change[0].predictor].append(change)
        for name, changes in of_predictor.items():
            known = [self._known(outcome, report) for outcome, report, _ in changes]
            kept = catalog.get(name).keep_outcomes(known)
            for (outcome, _, result), one in zip(changes, kept, strict=True):
                result.kept = one
                if one.name or result.word != "unchanged":
                    outcome.kept_as = one.name

    def _known(self, outcome: Outcome, report: Reported) -> KnownOutcome:
        logged = self._logged.get(outcome.prediction_id)
        return KnownOutcome(
            request=logged.request if logged else {},
            actual=report.actual,
            date=report.date,
            parcel=report.parcel,
            is_synthetic=logged.is_synthetic if logged else outcome.is_synthetic,
            was=None if outcome.pk is None else (outcome.kept_as, outcome.date),
        )

    def _faults(self, report: Reported, seen: set[uuid.UUID]) -> list[Fault]:
        logged = self._logged.get(report.prediction_id)
        outcome = self._there.get(report.prediction_id)
        if logged is None and outcome is None:
            return [_fault("id", "it is not in the log", "the id of a prediction")]
        if logged is not None and logged.prediction is None:
            return [
                _fault(
                    "id", f"that request was refused (status {logged.status})", "an answered one"
                )
            ]
        faults = []
        if report.prediction_id in seen:
            faults.append(_fault("id", "it stands there twice; this one is left out", "each once"))
        predictor = catalog.get(outcome.predictor if outcome else self._logged_name(report))
        price = check_value(predictor.actual, report.actual)
        if isinstance(price, Fault):
            faults.append(price)
        if report.date > self.now.date():
            faults.append(in_future(report.date))
        return faults

    def _logged_name(self, report: Reported) -> str:
        return self._logged[report.prediction_id].predictor


def in_future(day: date) -> Fault:
    return Fault("date", f"{day} is in the future", "a day up to today, UTC")


def _fault(name: str, detail: str, accepted: str) -> Fault:
    return Fault(name, detail, accepted)


def counts(words: Iterable[Word]) -> dict[str, int]:
    """How often each, those that never occur too."""
    found = Counter(words)
    return {word: found[word] for word in get_args(Word)}
