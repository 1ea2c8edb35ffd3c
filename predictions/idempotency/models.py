from datetime import datetime

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class KeptAnswerQuerySet(models.QuerySet["KeptAnswer"]):
    def to(self, *, caller: str, key: str) -> "KeptAnswerQuerySet":
        return self.filter(caller=caller, key=key)

    def remove_before(self, moment: datetime, *, most: int) -> int:
        """At most so many, the oldest; how many they were.

        Ids grow with time: the first of them are looked at, and no index of moments is needed.
        """
        oldest = self.order_by("pk").values_list("pk", "created_at")[:most]
        old = [identity for identity, created_at in oldest if created_at < moment]
        return self.filter(pk__in=old).delete()[0]


class KeptAnswer(models.Model):
    """What a request with an idempotency key was answered: never changed, removed after a while."""

    caller = models.CharField(max_length=150, help_text="whose key it is: others have their own")
    key = models.CharField(max_length=255)
    fingerprint = models.BinaryField(max_length=32, help_text="SHA-256 of the request")
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField()
    content = models.BinaryField(null=True, help_text="empty: too large to be kept")
    request_id = models.CharField(max_length=128, help_text="of the request that was carried out")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = KeptAnswerQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("caller", "key"), name="keptanswer_key"),
            models.CheckConstraint(
                condition=Q(status__gte=200, status__lt=500), name="keptanswer_status"
            ),
        )

    def __str__(self) -> str:
        return f"{self.caller} {self.key}"
