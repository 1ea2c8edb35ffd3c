from datetime import datetime
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator, URLValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from learning.drift import SHIFTED, Profile
from modelregistry.models import ModelVersion


class TrainingProfile(models.Model):
    """What a version learned from, as distributions: what its requests are compared with."""

    class Source(models.TextChoices):
        TRAINING = "training", "made right after training"
        LATER = "later", "made later, from what the tables held then"

    version = models.OneToOneField(
        ModelVersion, on_delete=models.PROTECT, related_name="training_profile"
    )
    source = models.CharField(max_length=10, choices=Source)
    rows = models.PositiveIntegerField()
    profile = models.JSONField(help_text="per input: bins, counts, range, known values")
    reference_fingerprint = models.CharField(
        max_length=64, help_text="of the data that requests are joined with, then"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.version}: {self.rows} rows"

    @property
    def read(self) -> Profile:
        return Profile.from_json(self.profile)


class DriftPolicy(models.Model):
    """When requests to a predictor's active version have drifted. No row: these defaults."""

    predictor = models.CharField(max_length=40, unique=True)
    enabled = models.BooleanField(default=True)
    window_hours = models.PositiveIntegerField(
        default=24,
        validators=[MinValueValidator(1), MaxValueValidator(720)],
        help_text="how far back requests are looked at, 1 to 720",
    )
    least_requests = models.PositiveIntegerField(
        default=300,
        validators=[MinValueValidator(100)],
        help_text="different ones, at least 100; with fewer nothing is judged",
    )
    psi_threshold = models.FloatField(
        default=SHIFTED,
        validators=[MinValueValidator(0.01), MaxValueValidator(10.0)],
        help_text="of an input or of the predictions; alarms from here on, if it is beyond noise",
    )
    unknown_threshold = models.FloatField(
        default=0.05,
        validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
        help_text="share of values that training never held, or beyond its range",
    )
    false_alarms = models.FloatField(
        default=0.01,
        validators=[MinValueValidator(0.000001), MaxValueValidator(0.5)],
        help_text="at most, per check: the probability that chance alone raises an alert by PSI",
    )
    webhook_url = models.CharField(
        max_length=500,
        blank=True,
        validators=[URLValidator(schemes=["http", "https"])],
        help_text="gets a POST with JSON when an alert begins",
    )

    class Meta:
        verbose_name_plural = "drift policies"
        constraints = (
            models.CheckConstraint(
                condition=Q(window_hours__gte=1, window_hours__lte=720), name="drift_window_hours"
            ),
            models.CheckConstraint(
                condition=Q(least_requests__gte=100), name="drift_least_requests"
            ),
            models.CheckConstraint(
                condition=Q(psi_threshold__gte=0.01, psi_threshold__lte=10)
                & Q(unknown_threshold__gte=0, unknown_threshold__lte=1)
                & Q(false_alarms__gt=0, false_alarms__lte=0.5),
                name="drift_thresholds",
            ),
            models.CheckConstraint(
                condition=Q(webhook_url="") | Q(webhook_url__regex="^https?://"),
                name="drift_webhook_http",
            ),
        )

    def __str__(self) -> str:
        return f"drift of {self.predictor}"


class DriftReportQuerySet(models.QuerySet["DriftReport"]):
    def of(self, predictor: str) -> "DriftReportQuerySet":
        return self.filter(version__predictor=predictor)

    def newest_first(self) -> "DriftReportQuerySet":
        """Of the versions nothing but the name is read."""
        fields = [field.name for field in DriftReport._meta.fields]
        return (
            self.select_related("version")
            .only(*fields, "version__predictor", "version__version", "version__name")
            .order_by("-id")
        )

    def to_be_told(self, since: datetime) -> "DriftReportQuerySet":
        return self.filter(begins=True, told_at=None, created_at__gte=since).order_by("id")

    def old(self, before: datetime) -> "DriftReportQuerySet":
        """What may go: all but where an alert began."""
        return self.filter(created_at__lt=before, begins=False)


class DriftReport(models.Model):
    """What was asked of a version in a window of time, compared with what it learned from."""

    version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="drift_reports"
    )
    window_from = models.DateTimeField()
    window_to = models.DateTimeField()
    requests = models.PositiveIntegerField(help_text="answered, that were looked at")
    refused = models.PositiveIntegerField(help_text="with 422, among those looked at")
    counted = models.PositiveIntegerField(help_text="different ones: a home asked twice is one")
    is_sample = models.BooleanField(help_text="there were more requests than are looked at")
    is_judged = models.BooleanField(help_text="there were enough requests")
    features = models.JSONField(help_text="per input, largest PSI first")
    prediction = models.JSONField(help_text="the same of the predictions")
    reference_changed = models.BooleanField(
        help_text="requests are joined with other data than the version knew"
    )
    is_alert = models.BooleanField()
    reasons = models.JSONField(default=list)
    begins = models.BooleanField(help_text="a reason is new: this is to be told")
    told_at = models.DateTimeField(null=True)
    webhook = models.CharField(max_length=200, blank=True, help_text="what came of it")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = DriftReportQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("version", "-id"), name="driftreport_version"),
            models.Index(fields=("created_at",), name="driftreport_created_at"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(window_from__lt=models.F("window_to")), name="driftreport_window"
            ),
            models.CheckConstraint(
                condition=Q(is_alert=True) | Q(reasons=[], begins=False),
                name="driftreport_reasons_alert",
            ),
        )

    def __str__(self) -> str:
        return f"{self.version}: {self.window_to:%Y-%m-%d %H:%M}"

    @property
    def worst(self) -> dict[str, Any] | None:
        """The watched input with the largest PSI."""
        return next((feature for feature in self.features if feature["is_watched"]), None)
