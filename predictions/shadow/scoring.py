"""What the shadows would have answered: the audit log is followed, a chunk after the other.

Nothing here runs where requests are answered, and nothing there knows of it
(docs/decisions/0010). Where a shadow stands is in its row, written with its answers: a worker that
is killed, a message that is lost or comes twice change nothing of what stands there in the end.
"""

import logging
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from modelregistry.errors import DomainError
from modelregistry.models import ModelVersion
from predictions import catalog
from predictions.models import BATCH, Prediction, PredictionQuerySet, first_id
from predictions.recomputing import (
    CannotCompute,
    OtherVersion,
    StoredVersion,
    predict,
    stored_inputs,
)
from predictions.shadow.models import Shadow, ShadowAnswer, moment_of

logger = logging.getLogger(__name__)

CHUNK = 1_000
# Then others may have the worker; the next message comes by itself (CELERY_BEAT_SCHEDULE).
BUDGET_SECONDS = 2.0
# An id is made when a request begins, its row is committed later: as late as its answer may be, and
# a little more. Now and then rows of clocks that go wrong and of connections that hung are sought.
LATE = timedelta(seconds=settings.AUDIT_SECONDS + 5)
VERY_LATE = timedelta(minutes=5)
SWEEP_EVERY = timedelta(minutes=1)
# The model that answered is asked again for one in so many: the times are compared.
TIMED = 16
LARGEST = 1e100
"""USD or whatever: beyond it figures of differences would overflow."""
MODELS_IN_MEMORY = 4


def score(shadow: Shadow) -> int:
    """Compute what has been answered since it was last done, for some seconds; how many rows.

    Nothing if another worker is at it.
    """
    if shadow.model_version.is_active:
        Shadow.objects.open().filter(pk=shadow.pk).update(
            ended_at=Now(), ended_by="the version became active"
        )
        return 0
    ends = time.monotonic() + BUDGET_SECONDS
    with ExitStack() as stack:
        try:
            scorer = _scorer(shadow.model_version_id)
            for reference in scorer.predictor.references:
                stack.enter_context(reference.kept())
        except DomainError as error:
            logger.warning("%s: %s", shadow, error.detail)
            Shadow.objects.filter(pk=shadow.pk).update(fault=error.detail)
            return 0
        done, reading = 0, _Reading.of(shadow)
        while not reading.is_done and time.monotonic() < ends:
            done += _score_chunk(shadow, scorer, reading, ends)
    return done


@dataclass(slots=True)
class _Reading:
    """Where in the log one pass is."""

    next: uuid.UUID
    """The first id that may not have been read."""
    is_sweep: bool
    is_done: bool = False

    @classmethod
    def of(cls, shadow: Shadow) -> "_Reading":
        is_sweep = datetime.now(UTC) - shadow.swept_at > SWEEP_EVERY
        back = VERY_LATE if is_sweep else LATE
        start = max(shadow.since, moment_of(shadow.read_to) - back)
        return cls(first_id(start), is_sweep)

    def rows(self, shadow: Shadow) -> PredictionQuerySet:
        """The next that were answered by another version and not yet computed, oldest first."""
        known = ShadowAnswer.objects.of(shadow).filter(prediction_id=OuterRef("pk"))
        return (
            Prediction.objects.filter(
                ~Exists(known),
                id__gte=self.next,
                predictor=shadow.predictor,
                status=200,
                model_version__isnull=False,
                prediction__isnull=False,
                features__isnull=False,
            )
            .exclude(endpoint=BATCH)
            .exclude(model_version_id=shadow.model_version_id)
            .only("id", "model_version_id", "features", "request", "prediction", "latency_ms")
            .order_by("id")[:CHUNK]
        )


def _score_chunk(shadow: Shadow, scorer: "_Scorer", reading: _Reading, ends: float) -> int:
    """In one transaction: the answers, and how far it was read; how many answers.

    `ends`, of `time.monotonic()`: not much longer, so that a slow model gets on too.
    """
    with transaction.atomic():
        if not _lock(shadow):  # somebody else is at it
            reading.is_done = True
            return 0
        now = first_id(datetime.now(UTC))
        rows = list(reading.rows(shadow))
        answers = list(scorer.answers(shadow, rows, ends))
        # A doubled chunk changes nothing: the first answer stays.
        ShadowAnswer.objects.bulk_create(answers, batch_size=CHUNK, ignore_conflicts=True)
        reading.is_done = len(answers) < CHUNK and len(answers) == len(rows)
        if answers:
            reading.next = uuid.UUID(int=answers[-1].prediction_id.int + 1)
        # Not into the future, to which a clock that goes wrong could lead: rows of now lie there.
        read_to = now if reading.is_done else min(answers[-1].prediction_id, now)
        standing = Shadow.objects.filter(pk=shadow.pk)
        standing.filter(read_to__lt=read_to).update(read_to=read_to)
        standing.exclude(fault="").update(fault="")
        if reading.is_done and reading.is_sweep:
            standing.update(swept_at=Now())
    return len(answers)


def _lock(shadow: Shadow) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(hashtext('shadow'), %s)", [shadow.pk & 0x7FFFFFFF]
        )
        return bool(cursor.fetchone()[0])


class _Scorer:
    """One version, loaded; immutable, so a worker keeps it."""

    def __init__(self, version: ModelVersion) -> None:
        """Raises ModelUnavailable, UnknownPredictor."""
        self.predictor = catalog.get(version.predictor)
        self._version = OtherVersion(self.predictor, version)
        self._live = StoredVersion(versions=2)

    def answers(
        self, shadow: Shadow, rows: Sequence[Prediction], ends: float
    ) -> Iterator[ShadowAnswer]:
        """Until `ends`, of `time.monotonic()`, but one at least."""
        for number, row in enumerate(rows):
            if number and time.monotonic() > ends:
                return
            assert row.model_version_id is not None and row.prediction is not None
            answer = ShadowAnswer(
                shadow=shadow,
                prediction_id=row.id,
                answered_by_id=row.model_version_id,
                live_prediction=row.prediction,
                request_ms=row.latency_ms,
                groups=self._groups(row),
            )
            try:
                self._compute(row, answer, is_timed=number % TIMED == 0)
            except CannotCompute as error:
                answer.shadow_prediction = answer.shadow_ms = None
                answer.error = str(error)
            yield answer

    def _compute(self, row: Prediction, answer: ShadowAnswer, *, is_timed: bool) -> None:
        """Raises CannotCompute."""
        inputs = self._version.inputs(row)
        began = time.perf_counter()
        answer.shadow_prediction = predict(self._version.model, inputs)
        answer.shadow_ms = (time.perf_counter() - began) * 1000
        if max(abs(answer.shadow_prediction), abs(answer.live_prediction)) > LARGEST:
            raise CannotCompute("too large to be compared")
        if is_timed:
            answer.live_ms = self._time_of_live(row)

    def _time_of_live(self, row: Prediction) -> float | None:
        """None if the version that answered cannot be asked any more."""
        try:
            model, inputs = self._live.model(row), stored_inputs(row)
            began = time.perf_counter()
            predict(model, inputs)
        except CannotCompute:
            return None
        return (time.perf_counter() - began) * 1000

    def _groups(self, row: Prediction) -> dict[str, str]:
        return dict(self.predictor.groups(row.request)) if isinstance(row.request, dict) else {}


@lru_cache(MODELS_IN_MEMORY)
def _scorer(version_id: int) -> _Scorer:
    return _Scorer(ModelVersion.objects.get(pk=version_id))
