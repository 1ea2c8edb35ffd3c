import hashlib
from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now


class Scope(models.TextChoices):
    """What a key may do."""

    PREDICT = "predict", "ask"
    BATCH = "batch", "score files"
    TRAIN = "train", "train"
    OPERATE = "operate", "switch versions"


SCOPES = tuple(Scope.values)


def digest_of(secret: bytes) -> str:
    """A secret is 256 random bits: there is nothing to guess, so a quick hash will do."""
    return hashlib.sha256(secret).hexdigest()


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def usable(self) -> "ApiKeyQuerySet":
        return self.filter(revoked_at=None, expires_at__gt=Now())


class ApiKey(models.Model):
    """What a program shows instead of a password. The secret itself is kept nowhere."""

    name = models.CharField(
        max_length=100, unique=True, help_text="stands as key:NAME wherever it did something"
    )
    prefix = models.CharField(max_length=12, help_text="how its secret begins")
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the secret")
    scopes = ArrayField(models.CharField(max_length=10, choices=Scope))
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    created_by = models.CharField(max_length=150)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True, help_text="to some seconds")
    per_minute = models.PositiveIntegerField(
        null=True,
        help_text="requests that it may make; 0: any number; empty: as HOUSING_KEY_LIMIT says",
    )

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name = "API key"
        verbose_name_plural = "API keys"
        constraints = (
            models.CheckConstraint(
                condition=models.Q(scopes__contained_by=list(SCOPES), scopes__len__gte=1),
                name="apikey_scopes",
            ),
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("created_at")), name="apikey_expires"
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def state(self, now: datetime) -> str:
        if self.revoked_at is not None:
            return "revoked"
        return "good" if now < self.expires_at else "expired"


class KeyChangesManager(models.Manager["KeyChanges"]):
    def number(self) -> int | None:
        """None: nobody counts, for somebody emptied the table."""
        return self.values_list("number", flat=True).first()


class KeyChanges(models.Model):
    """One row: how often keys were changed. A trigger counts (migration 0002)."""

    number = models.BigIntegerField()

    objects = KeyChangesManager()

    class Meta:
        verbose_name_plural = "key changes"

    def __str__(self) -> str:
        return str(self.number)
