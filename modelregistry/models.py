from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models.functions import Now

from modelregistry.errors import UnknownVersion


def artifact_storage() -> Storage:
    return storages["artifacts"]


class ModelVersionQuerySet(models.QuerySet["ModelVersion"]):
    def of(self, predictor: str) -> "ModelVersionQuerySet":
        return self.filter(predictor=predictor)

    def active(self, predictor: str) -> "ModelVersionQuerySet":
        return self.of(predictor).filter(is_active=True)

    def numbered(self, predictor: str, version: int) -> "ModelVersion":
        """Raises UnknownVersion, which names the versions that exist."""
        try:
            return self.get(predictor=predictor, version=version)
        except ModelVersion.DoesNotExist:
            known = ", ".join(
                str(number) for number in self.of(predictor).values_list("version", flat=True)
            )
            raise UnknownVersion(
                f"{predictor} has no version {version}; there are: {known or 'none'}"
            ) from None


class ModelVersion(models.Model):
    """One trained model of one predictor: immutable but for its notes and for `is_active`.

    That at most one version per predictor is active is an exclusion constraint (migration 0002,
    docs/decisions/0003): deferrable, so that one UPDATE may switch from one version to another.
    """

    predictor = models.CharField(max_length=40)
    version = models.PositiveIntegerField(help_text="1, 2, … per predictor, without gaps")
    name = models.CharField(max_length=100)
    is_active = models.BooleanField(default=False, db_default=False)
    model_file = models.FileField(storage=artifact_storage, max_length=200)
    features_file = models.FileField(storage=artifact_storage, max_length=200)
    model_sha256 = models.CharField(max_length=64)
    features_sha256 = models.CharField(max_length=64)
    feature_names = models.JSONField(help_text="the model's inputs, in order")
    metrics = models.JSONField(default=dict, blank=True)
    trained_on = models.JSONField(
        default=dict, blank=True, help_text="rows, fingerprint, real or synthetic"
    )
    library_versions = models.JSONField(default=dict, blank=True)
    code_version = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    created_by = models.CharField(max_length=150, blank=True)
    notes = models.TextField(blank=True)

    objects = ModelVersionQuerySet.as_manager()

    class Meta:
        ordering = ("predictor", "version")
        constraints = (
            models.UniqueConstraint(
                fields=("predictor", "version"), name="modelversion_predictor_version"
            ),
            models.CheckConstraint(condition=models.Q(version__gte=1), name="modelversion_from_1"),
        )

    def __str__(self) -> str:
        return f"{self.predictor} {self.version} ({self.name})"

    @property
    def digest(self) -> str:
        return f"sha256:{self.model_sha256}"

    @property
    def is_synthetic(self) -> bool:
        """Whether it is known to have learned from synthetic data."""
        return bool(self.trained_on.get("data") == "synthetic")
