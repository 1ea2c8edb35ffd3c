import json
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, models, transaction
from django.db.models import Count, Min, Q
from django.db.models.functions import Now

from modelregistry.models import ModelVersion
from predictions.training.errors import UnknownTrainingRun

ATTEMPTS = 3
"""How often a scheduled run is begun, should the worker be killed each time."""
LOG_LINES = 500


class TrainingRunQuerySet(models.QuerySet["TrainingRun"]):
    def of(self, predictor: str) -> "TrainingRunQuerySet":
        return self.filter(predictor=predictor) if predictor else self

    def open(self) -> "TrainingRunQuerySet":
        return self.filter(state__in=TrainingRun.OPEN)

    def running(self) -> "TrainingRunQuerySet":
        return self.filter(state=TrainingRun.State.RUNNING)

    def undecided(self) -> "TrainingRunQuerySet":
        """By workers, within the last day, and nobody has decided on what came of it."""
        return self.select_related("version").filter(
            ~Q(parameters__has_key="activate"),  # whoever trained by hand decided themselves
            state=TrainingRun.State.SUCCEEDED,
            finished_at__gte=Now() - timedelta(days=1),
            finished_at__lt=Now() - timedelta(seconds=30),
            version__promotion_decisions=None,
        )

    def numbered(self, run: int) -> "TrainingRun":
        """Raises UnknownTrainingRun."""
        found = self.select_related("version").filter(pk=run).first()
        if found is None:
            raise UnknownTrainingRun(f"there is no training run {run}")
        return found

    def counts(self) -> dict[tuple[str, str], int]:
        """How many, by predictor and state, where there are any."""
        found = self.order_by().values_list("predictor", "state").annotate(Count("pk"))
        return {(predictor, state): count for predictor, state, count in found}

    def first_asked_for(self) -> datetime | None:
        found: datetime | None = self.aggregate(first=Min("requested_at"))["first"]
        return found

    def queued(self) -> "TrainingRunQuerySet":
        return self.filter(state=TrainingRun.State.QUEUED)

    def newest(self, limit: int) -> "TrainingRunQuerySet":
        """For lists: without the columns that are long, and of the versions only the number."""
        return (
            self.select_related("version")
            .only(
                *(field.name for field in TrainingRun._meta.fields if field.name not in LONG),
                "version__version",
            )
            .order_by("-id")[:limit]
        )

    def waiting(self, time: timedelta) -> list[int]:
        """Queued, and not told to a worker for so long; they count as told from now on."""
        with connection.cursor() as cursor:
            # One statement: of two that look at once, one finds it.
            cursor.execute(
                "UPDATE training_trainingrun SET sent_at = now() WHERE id IN ("
                "SELECT id FROM training_trainingrun WHERE state = 'queued' "
                "AND sent_at < now() - %s::interval FOR UPDATE SKIP LOCKED) RETURNING id",
                [f"{time.total_seconds()} seconds"],
            )
            return [run for (run,) in cursor.fetchall()]


class TrainingRun(models.Model):
    """One training of one predictor, from the request to what came of it.

    Written by the service only. At most one per predictor is open (queued or running), and a
    version that came of a run is registered in the transaction that ends the run: the database
    refuses anything else.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        SUCCEEDED = "succeeded"
        UNCHANGED = "unchanged"
        FAILED = "failed"
        CANCELLED = "cancelled"
        LOST = "lost"

    class Trigger(models.TextChoices):
        API = "api"
        ADMIN = "admin"
        COMMAND = "command"
        SCHEDULE = "schedule"
        PREPARE = "prepare"

    OPEN = (State.QUEUED, State.RUNNING)

    predictor = models.CharField(max_length=40)
    recipe = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    trigger = models.CharField(max_length=10, choices=Trigger)
    requested_by = models.CharField(max_length=150, blank=True)
    forced = models.BooleanField(
        default=False, help_text="trained even if nothing has changed since the active version"
    )
    parameters = models.JSONField(default=dict, blank=True)
    requested_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(
        db_default=Now(), help_text="when a worker was last told of it, while it was queued"
    )
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    stage = models.CharField(max_length=200, blank=True)
    percent = models.PositiveSmallIntegerField(default=0)
    log = models.JSONField(default=list, blank=True, help_text="lines, each with its time")
    data_fingerprint = models.CharField(max_length=64, blank=True)
    peak_memory_mb = models.PositiveIntegerField(null=True)
    version = models.OneToOneField(
        ModelVersion, null=True, on_delete=models.PROTECT, related_name="training_run"
    )
    summary = models.TextField(blank=True, help_text="how it ended")
    traceback = models.TextField(blank=True)
    attempt = models.PositiveSmallIntegerField(default=1)
    retry_of = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="retried_by"
    )
    cancel_requested = models.BooleanField(default=False)
    request_id = models.CharField(
        max_length=128,
        blank=True,
        default="",
        db_default="",  # while an upgrade is under way, the former code adds runs without it
        help_text="of the request that asked for it",
    )
    host = models.CharField(max_length=255, blank=True)
    pid = models.PositiveIntegerField(null=True)

    objects = TrainingRunQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("predictor",),
                condition=Q(state__in=("queued", "running")),
                name="trainingrun_one_open_per_predictor",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("queued", "running"), finished_at=None)
                | Q(
                    state__in=("succeeded", "unchanged", "failed", "cancelled", "lost"),
                    finished_at__isnull=False,
                ),
                name="trainingrun_finished_when",
            ),
            models.CheckConstraint(
                condition=Q(state="queued", started_at=None)
                | Q(state="cancelled")
                | Q(
                    state__in=("running", "succeeded", "unchanged", "failed", "lost"),
                    started_at__isnull=False,
                ),
                name="trainingrun_started_when",
            ),
            models.CheckConstraint(
                condition=Q(state="succeeded", version__isnull=False)
                | Q(state="failed")  # with the version that did not pass the gate, if there is one
                | (~Q(state__in=("succeeded", "failed")) & Q(version=None)),
                name="trainingrun_succeeded_has_version",
            ),
            models.CheckConstraint(
                condition=Q(percent__lte=100), name="trainingrun_percent_to_100"
            ),
            models.CheckConstraint(
                condition=Q(attempt=1, retry_of=None)
                | Q(attempt__gte=2, attempt__lte=3, retry_of__isnull=False),
                name="trainingrun_attempts",
            ),
        )

    def __str__(self) -> str:
        return f"{self.predictor}: training run {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    @property
    def seconds(self) -> float | None:
        """How long it took."""
        if self.started_at is None or self.finished_at is None:
            return None
        return float((self.finished_at - self.started_at).total_seconds())

    def claim(self, *, host: str, pid: int) -> bool:
        """Whether it is ours to do: of those who try, one gets it, once."""
        return self._update(
            Q(state=self.State.QUEUED),
            state=self.State.RUNNING,
            started_at=Now(),
            host=host,
            pid=pid,
        )

    def begin_stage(self, stage: str, percent: int) -> bool:
        """False: it is no longer wanted."""
        wanted = Q(state=self.State.RUNNING, cancel_requested=False)
        return self._update(wanted, stage=stage[:200], percent=percent)

    def ask_to_end(self) -> None:
        self._update(Q(state=self.State.RUNNING), cancel_requested=True)

    def note(self, **values: Any) -> None:
        """What became known of it meanwhile."""
        self._update(Q(), **values)
        for name, value in values.items():
            setattr(self, name, value)

    def say(self, *lines: str) -> None:
        """To its log, which keeps the first LOG_LINES."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        said = [{"at": at, "text": line.replace("\x00", "\ufffd")[:1000]} for line in lines]
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE training_trainingrun SET log = log || %s::jsonb "
                "WHERE id = %s AND jsonb_array_length(log) + %s <= %s",
                [json.dumps(said), self.pk, len(said), LOG_LINES],
            )

    def end(self, state: "TrainingRun.State", summary: str, **more: Any) -> bool:
        """False: it had ended before, and stays as it was."""
        summary = summary.replace("\x00", "\ufffd")
        with transaction.atomic():
            ended = self._update(
                Q(state__in=self.OPEN), state=state, finished_at=Now(), summary=summary, **more
            )
            if ended:
                self.say(summary)
        return ended

    def _update(self, condition: Q, **values: Any) -> bool:
        changed = TrainingRun.objects.filter(condition, pk=self.pk).update(**values)
        return bool(changed)


LONG = ("log", "traceback", "parameters")
