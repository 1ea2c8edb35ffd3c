import uuid
from datetime import UTC, datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from modelregistry.models import ModelVersion
from predictions.models import first_id

SHADOWS_AT_ONCE = 3
"""Per predictor: each costs about what answering costs."""
REMOVED_AT_ONCE = 10_000


def moment_of(identity: uuid.UUID) -> datetime:
    """When a UUIDv7 was made, to the millisecond."""
    return datetime.fromtimestamp((identity.int >> 80) / 1000, UTC)


class ShadowQuerySet(models.QuerySet["Shadow"]):
    def open(self) -> "ShadowQuerySet":
        return self.filter(ended_at=None)

    def of(self, predictor: str) -> "ShadowQuerySet":
        return self.filter(predictor=predictor)

    def of_version(self, version: ModelVersion) -> "ShadowQuerySet":
        return self.filter(model_version=version)

    def with_numbers(self) -> "ShadowQuerySet":
        """Newest first; of the versions nothing is read that is long."""
        return (
            self.order_by("-id")
            .select_related("model_version")
            .defer(
                *(f"model_version__{name}" for name in ("golden", "engine_proof", "metrics")),
                *(f"model_version__{name}" for name in ("notes", "library_versions")),
            )
        )

    def free_slot(self, predictor: str) -> int | None:
        taken = set(self.of(predictor).open().values_list("slot", flat=True))
        return min(set(range(1, SHADOWS_AT_ONCE + 1)) - taken, default=None)


class Shadow(models.Model):
    """A version that computes what it would have answered, from when until when."""

    predictor = models.CharField(max_length=40)
    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="shadows"
    )
    slot = models.PositiveSmallIntegerField(help_text=f"1 to {SHADOWS_AT_ONCE}: so many at once")
    since = models.DateTimeField(help_text="requests from then on are computed")
    set_by = models.CharField(max_length=150)
    reason = models.TextField(blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=150, blank=True)
    read_to = models.UUIDField(help_text="id in the log up to which it was read")
    swept_at = models.DateTimeField(
        db_default=Now(), help_text="when it was last looked for rows that came very late"
    )
    fault = models.TextField(blank=True, help_text="why it does not compute now; requests wait")

    objects = ShadowQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("model_version",), condition=Q(ended_at=None), name="shadow_once"
            ),
            models.UniqueConstraint(
                fields=("predictor", "slot"), condition=Q(ended_at=None), name="shadow_few"
            ),
            models.CheckConstraint(
                condition=Q(slot__gte=1) & Q(slot__lte=SHADOWS_AT_ONCE), name="shadow_slot"
            ),
        )

    def __str__(self) -> str:
        return f"shadow {self.model_version}"

    @property
    def is_open(self) -> bool:
        return self.ended_at is None

    @property
    def computed_to(self) -> datetime:
        return max(self.since, moment_of(self.read_to))


class ShadowAnswerQuerySet(models.QuerySet["ShadowAnswer"]):
    def of(self, shadow: Shadow) -> "ShadowAnswerQuerySet":
        return self.filter(shadow=shadow)

    def remove_before(self, moment: datetime) -> int:
        """How many; a few at a time, so that nobody waits for a lock."""
        removed = 0
        for shadow in Shadow.objects.values_list("pk", flat=True):
            old = self.filter(shadow=shadow, prediction_id__lt=first_id(moment))
            while count := self.filter(pk__in=old.values("pk")[:REMOVED_AT_ONCE]).delete()[0]:
                removed += count
        return removed


class ShadowAnswer(models.Model):
    """What a shadow would have answered to one request of the log, or why it could not."""

    shadow = models.ForeignKey(
        Shadow, on_delete=models.PROTECT, related_name="answers", db_index=False
    )
    prediction_id = models.UUIDField(help_text="in the log; UUIDv7: sorts by time")
    answered_by = models.ForeignKey(
        ModelVersion,
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    live_prediction = models.FloatField(help_text="what was answered")
    shadow_prediction = models.FloatField(null=True)
    request_ms = models.FloatField(help_text="latency of the live request, all in all")
    live_ms = models.FloatField(
        null=True, help_text="the model that answered, asked again beside the shadow (every 16th)"
    )
    shadow_ms = models.FloatField(null=True, help_text="the shadow's model")
    groups: Any = models.JSONField(default=dict)
    error = models.TextField(blank=True)

    objects = ShadowAnswerQuerySet.as_manager()

    class Meta:
        ordering = ("-prediction_id",)
        constraints = (
            # Also the order of time, in which answers are read and removed.
            models.UniqueConstraint(fields=("shadow", "prediction_id"), name="shadowanswer_once"),
            models.CheckConstraint(
                condition=Q(shadow_prediction=None, error__gt="")
                | Q(shadow_prediction__isnull=False, error=""),
                name="shadowanswer_answer_or_error",
            ),
        )

    def __str__(self) -> str:
        return f"{self.shadow_id}: {self.prediction_id}"
