from django.db import models


class PredictionLog(models.Model):
    """The audit row: what was asked, what was answered."""

    created_at = models.DateTimeField(auto_now_add=True)
    request = models.JSONField()
    response = models.JSONField()

    def __str__(self) -> str:
        return f"prediction {self.pk}"
