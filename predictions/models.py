from django.db import models

from modelregistry.models import ModelVersion


class Prediction(models.Model):
    """The audit log: one row per request, answered or refused, with what the answer rested on."""

    id = models.UUIDField(primary_key=True, editable=False, help_text="UUIDv7: sorts by time")
    created_at = models.DateTimeField()
    predictor = models.CharField(max_length=40)
    endpoint = models.CharField(max_length=100)
    model_version = models.ForeignKey(
        ModelVersion, null=True, on_delete=models.PROTECT, related_name="predictions"
    )
    request = models.JSONField(null=True, help_text="what was sent")
    features = models.JSONField(null=True, help_text="the model's inputs after the join, by name")
    prediction = models.FloatField(null=True)
    response = models.JSONField(null=True, help_text="what was answered")
    error = models.JSONField(null=True)
    status = models.PositiveSmallIntegerField()
    latency_ms = models.FloatField(help_text="to just before this row was written")
    caller = models.CharField(max_length=150)
    request_id = models.CharField(max_length=128)
    api_version = models.CharField(max_length=20)

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("created_at",), name="prediction_created_at"),
            models.Index(fields=("request_id",), name="prediction_request_id"),
            # An index of a foreign key alone would hold most of the log under one value.
            models.Index(fields=("model_version", "id"), name="prediction_version_id"),
        )

    def __str__(self) -> str:
        return f"{self.predictor} {self.id}"
