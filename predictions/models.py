import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.functions import Cast

from modelregistry.models import ModelVersion

BATCH = "batch"
"""The `endpoint` of rows that were not asked one by one, but in a file."""


class StoredJSON(models.JSONField):
    """JSON kept as the text it came as: `json`, not `jsonb`, which would parse and rebuild it."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "json"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return value  # psycopg has parsed it


def first_id(moment: datetime) -> uuid.UUID:
    """The smallest UUIDv7 of a moment: ids sort by time, so a range of time is a range of ids."""
    return uuid.UUID(int=round(moment.timestamp() * 1000) << 80)


class PredictionQuerySet(models.QuerySet["Prediction"]):
    def since(self, moment: datetime) -> "PredictionQuerySet":
        return self.filter(id__gte=first_id(moment))

    def before(self, moment: datetime) -> "PredictionQuerySet":
        return self.filter(id__lt=first_id(moment))

    def on(self, day: date) -> "PredictionQuerySet":
        """The requests of one day, UTC."""
        start = datetime.combine(day, time(), UTC)
        return self.since(start).before(start + timedelta(days=1))

    def answered_about(self, predictor: str, subjects: Sequence[uuid.UUID]) -> "PredictionQuerySet":
        """What `predictor` answered about these things."""
        return self.filter(predictor=predictor, subject__in=subjects, prediction__isnull=False)

    def as_text(self) -> models.QuerySet[Any]:
        """What was asked and answered, with `request_text`, `response_text` and `error_text`: JSON
        as it is stored; and the version in short."""
        texts = {
            f"{name}_text": Cast(name, models.TextField())
            for name in ("request", "response", "error")
        }
        version = ("predictor", "name", "version", "model_sha256", "is_active")
        rows = self.select_related("model_version").only(
            *("predictor", "status", "api_version"),
            *(f"model_version__{name}" for name in version),
        )
        return rows.annotate(**texts)

    def page(self, *, after: uuid.UUID | None = None, size: int = 100) -> "PredictionQuerySet":
        """Newest first; `after` is the last id of the page before: a cursor, never an offset."""
        rows = self.order_by("-id")
        return (rows if after is None else rows.filter(id__lt=after))[:size]

    def in_chunks(self, size: int = 1000) -> Iterator["Prediction"]:
        """Oldest first, `size` in memory at a time, each chunk found by its key: no long query."""
        rows = self.order_by("id")
        chunk = list(rows[:size])
        while chunk:
            yield from chunk
            chunk = list(rows.filter(id__gt=chunk[-1].id)[:size])


class Prediction(models.Model):
    """The audit log: one row per request, answered or refused, with what the answer rested on.

    Append-only and partitioned by month (migration 0002); written by `predictions.audit`.
    """

    id = models.UUIDField(primary_key=True, editable=False, help_text="UUIDv7: sorts by time")
    created_at = models.DateTimeField()
    predictor = models.CharField(max_length=40)
    endpoint = models.CharField(max_length=100)
    model_version = models.ForeignKey(
        ModelVersion,
        null=True,
        on_delete=models.PROTECT,
        related_name="predictions",
        db_constraint=False,
        db_index=False,
    )
    request = StoredJSON(null=True, help_text="what was sent")
    features = ArrayField(
        models.FloatField(), null=True, help_text="the model's inputs after the join, in its order"
    )
    prediction = models.FloatField(null=True)
    response = StoredJSON(null=True, help_text="what was answered")
    error = StoredJSON(null=True)
    status = models.PositiveSmallIntegerField()
    latency_ms = models.FloatField(help_text="to just before this row was written")
    caller = models.CharField(max_length=150)
    request_id = models.CharField(max_length=128)
    api_version = models.CharField(max_length=20)
    subject = models.UUIDField(
        null=True, help_text="equal for requests about the same thing, if the predictor says so"
    )

    objects = PredictionQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("request_id",), name="prediction_request"),
            # An index of the version alone would hold most of the log under one value.
            models.Index(fields=("model_version", "id"), name="prediction_version"),
            models.Index(
                fields=("subject", "id"),
                condition=models.Q(subject__isnull=False),
                name="prediction_subject",
            ),
            # Of 64 pages, some 400 rows, the first and the last moment: for who adds up what was
            # written last, whatever its id. An INSERT does not look for its place in it.
            BrinIndex(
                fields=("created_at",),
                name="prediction_created",
                pages_per_range=64,
                autosummarize=True,
            ),
        )

    def __str__(self) -> str:
        return f"{self.predictor} {self.id}"

    @property
    def named_features(self) -> dict[str, float]:
        """The model's inputs by name."""
        if self.features is None or self.model_version is None:
            return {}
        return dict(zip(self.model_version.feature_names, self.features, strict=True))


class Retention(models.Model):
    """A month of the log that was removed, and by whom. Append-only too."""

    month = models.DateField()
    rows = models.BigIntegerField()
    dropped_at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    database_user = models.CharField(max_length=63)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}: {self.rows} rows"


class Erasure(models.Model):
    """That a caller was made unknown in the log, and by whom; not who it was. Append-only too.

    In the log it is `erased:` and this id from then on (migration 0005).
    """

    rows = models.BigIntegerField(help_text="of the log")
    erased_at = models.DateTimeField()
    actor = models.CharField(max_length=150)
    database_user = models.CharField(max_length=63)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"erased:{self.pk}"
