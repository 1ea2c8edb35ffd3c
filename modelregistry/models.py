from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models.functions import Now

from modelregistry.errors import UnknownVersion


def artifact_storage() -> Storage:
    return storages["artifacts"]


# Columns that no list shows.
LONG = ("feature_names", "library_versions", "notes", "golden", "engine_proof")
# Activations that are looked at for what a rollback returns to, before all of them are.
RECENT = 1_000
HEADLINE_PARTS = ("test", "out_of_fold", "at_registration")
HEADLINE_METRICS = ("r2", "rmse", "mae", "mdape")


class ModelVersionQuerySet(models.QuerySet["ModelVersion"]):
    def of(self, predictor: str) -> "ModelVersionQuerySet":
        return self.filter(predictor=predictor)

    def active(self, predictor: str) -> "ModelVersionQuerySet":
        return self.of(predictor).filter(is_active=True)

    def newest_first(self, predictor: str) -> "ModelVersionQuerySet":
        """For lists: without the columns that are long."""
        return self.of(predictor).order_by("-version").defer(*LONG)

    def last_number(self, predictor: str) -> int:
        """So many there are: numbers begin with 1 and have no gaps."""
        return self.of(predictor).aggregate(last=models.Max("version"))["last"] or 0

    def numbered(self, predictor: str, version: int) -> "ModelVersion":
        """Raises UnknownVersion, which says which there are."""
        try:
            return self.get(predictor=predictor, version=version)
        except ModelVersion.DoesNotExist:
            last = self.last_number(predictor)
            known = f"1 to {last}" if last > 1 else last or "none"
            detail = f"{predictor} has no version {version}; there are: {known}"
            raise UnknownVersion(detail) from None


class ModelVersion(models.Model):
    """One trained model of one predictor. Immutable but for its notes, for `is_active`, for what an
    evaluation adds to its metrics, and for `gate` when its files are removed.

    Never deleted, and active only if it passed the gate: the database refuses otherwise.

    That at most one version per predictor is active is an exclusion constraint (migration 0002,
    docs/decisions/0003): deferrable, so that one UPDATE may switch from one version to another.
    """

    class Gate(models.TextChoices):
        PASSED = "passed", "passed"
        FAILED = "failed", "failed"
        REMOVED = "removed", "its files were removed"

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
    gate = models.CharField(max_length=10, choices=Gate, default=Gate.FAILED)
    gate_reason = models.TextField(blank=True)
    golden = models.JSONField(
        default=dict,
        blank=True,
        help_text="rows that were tried at registration, and what the model answered",
    )
    engine = models.CharField(
        max_length=40, blank=True, help_text="what computes its answers in serving"
    )
    engine_proof = models.JSONField(
        default=dict, blank=True, help_text="how its answers were compared to the pickle's"
    )

    objects = ModelVersionQuerySet.as_manager()

    class Meta:
        ordering = ("predictor", "version")
        constraints = (
            models.UniqueConstraint(
                fields=("predictor", "version"), name="modelversion_predictor_version"
            ),
            models.CheckConstraint(condition=models.Q(version__gte=1), name="modelversion_from_1"),
            models.CheckConstraint(
                condition=models.Q(gate__in=("passed", "failed", "removed")),
                name="modelversion_gate",
            ),
            models.CheckConstraint(
                condition=models.Q(is_active=False) | models.Q(gate="passed"),
                name="modelversion_active_passed_the_gate",
            ),
        )
        indexes = (
            # Who else has the same files?
            models.Index(fields=("model_file",), name="modelversion_model_file"),
        )

    def __str__(self) -> str:
        return f"{self.predictor} {self.version} ({self.name})"

    @property
    def digest(self) -> str:
        return f"sha256:{self.model_sha256}"

    @property
    def why_it_cannot_answer(self) -> str:
        """Empty if it can."""
        if self.gate == self.Gate.PASSED:
            return ""
        if self.gate == self.Gate.REMOVED:
            return f"the files of {self} were removed: {self.gate_reason}"
        return f"{self} did not pass the gate: {self.gate_reason}"

    @property
    def data(self) -> str:
        """What it learned from: `real`, `synthetic` or `unknown`."""
        return str(self.trained_on.get("data") or "unknown")

    @property
    def is_synthetic(self) -> bool:
        """Whether it is known to have learned from synthetic data."""
        return self.data == "synthetic"

    def golden_rows(self) -> list[list[float]]:
        """The rows that were tried, `(n_rows, n_features)`.

        What was learned online is tried on the rows of an earlier version, and names it.
        """
        if "rows_of" not in self.golden:
            return list(self.golden.get("rows", ()))
        keeper = ModelVersion.objects.get(predictor=self.predictor, version=self.golden["rows_of"])
        return list(keeper.golden["rows"])

    @property
    def headline(self) -> dict[str, Any]:
        """The metrics to compare versions by, and which part of the data they were measured on.

        Metrics may come with an upload: whatever is no number is left out.
        """
        for part in HEADLINE_PARTS:
            found = self.metrics.get(part)
            if isinstance(found, Mapping):
                return {"part": part} | {
                    name: value
                    for name, value in found.items()
                    if name in HEADLINE_METRICS and type(value) in (int, float)
                }
        return {}


class ActivationQuerySet(models.QuerySet["Activation"]):
    def of(self, predictor: str) -> "ActivationQuerySet":
        return self.filter(predictor=predictor)

    def with_numbers(self) -> "ActivationQuerySet":
        """Of the versions nothing but the number is read."""
        return self.select_related("from_version", "to_version").only(
            *(field.name for field in Activation._meta.fields),
            "from_version__version",
            "to_version__version",
        )

    def newest(self, limit: int) -> "ActivationQuerySet":
        return self.with_numbers().order_by("-id")[:limit]

    def touching(self, version: ModelVersion) -> "ActivationQuerySet":
        """When it began to answer, and when it ceased to."""
        return self.filter(models.Q(from_version=version) | models.Q(to_version=version))

    def was_chosen(self, predictor: str, *, besides: str) -> bool:
        """Whether somebody else than the actor `besides` activated what is active now."""
        last = self.of(predictor).order_by("-id").first()
        return last is not None and last.actor != besides

    def previous(self, predictor: str, *, skipping: Collection[int] = ()) -> ModelVersion | None:
        """The version that a rollback returns to, but for those with the numbers `skipping`.

        Never the active one, and none whose files were removed.
        """
        found = self.returned_to(predictor, limit=1, skipping=skipping)
        return ModelVersion.objects.get(pk=found[0]) if found else None

    def returned_to(
        self, predictor: str, *, limit: int, skipping: Collection[int] = ()
    ) -> list[int]:
        """Keys of the versions that rollbacks, one after the other, return to.

        Activations are stacked and a rollback takes the top one away, so that rolling back twice
        goes two versions back, and not back and forth. A version may stand in the stack more than
        once.
        """
        unfit = models.Q(version__in=skipping) | models.Q(is_active=True) | models.Q(gate="removed")
        versions = ModelVersion.objects.of(predictor).filter(unfit)
        left: list[int] = []
        # As a rule the newest are enough; there may be half a million a year.
        for size in (RECENT, None):
            stack = self._stack(predictor, size)
            among = versions.filter(pk__in=stack) if size else versions
            skipped = set(among.values_list("pk", flat=True))
            left = [one for one in dict.fromkeys(reversed(stack)) if one not in skipped]
            if len(left) >= limit:
                break
        return left[:limit]

    def _stack(self, predictor: str, newest: int | None) -> list[int]:
        """The top of the stack, as far as the `newest` rows tell; None: all of it."""
        rows = self.of(predictor).exclude(to_version=None).order_by("-id")[:newest]
        stack: list[int] = []
        for version, is_rollback in list(rows.values_list("to_version_id", "is_rollback"))[::-1]:
            # What it returned to may lie below all that is known: then that is all there is left.
            while is_rollback and stack and stack[-1] != version:
                stack.pop()
            if not stack or stack[-1] != version:
                stack.append(version)
        return stack


class Activation(models.Model):
    """What answered from when on. Append-only, written by a trigger (migration 0003)."""

    predictor = models.CharField(max_length=40)
    from_version = models.ForeignKey(
        ModelVersion, null=True, on_delete=models.PROTECT, related_name="+"
    )
    to_version = models.ForeignKey(
        ModelVersion, null=True, on_delete=models.PROTECT, related_name="activations"
    )
    at = models.DateTimeField()
    actor = models.CharField(max_length=150, help_text="`sql` if it was done by SQL")
    reason = models.TextField(blank=True)
    is_rollback = models.BooleanField(default=False)
    database_user = models.CharField(max_length=63)

    objects = ActivationQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        indexes = (
            # The last of one predictor, though another learns and is switched every minute.
            models.Index(fields=("predictor", "-id"), name="activation_predictor"),
        )

    def __str__(self) -> str:
        return f"{self.predictor}: {self.from_version_id} → {self.to_version_id}"


class ServingProcessQuerySet(models.QuerySet["ServingProcess"]):
    def of(self, predictor: str) -> "ServingProcessQuerySet":
        return self.filter(predictor=predictor)

    def seen_within(self, time: timedelta) -> "ServingProcessQuerySet":
        return self.filter(seen_at__gte=Now() - time)

    def with_numbers(self) -> "ServingProcessQuerySet":
        """Of the versions nothing but the number is read."""
        return self.select_related("model_version").only(
            *(field.name for field in ServingProcess._meta.fields), "model_version__version"
        )

    def with_fault(self) -> "ServingProcessQuerySet":
        return self.exclude(fault="")


class ServingProcess(models.Model):
    """What one web process answers with: written by that process, every few seconds."""

    process = models.UUIDField()
    host = models.CharField(max_length=255)
    pid = models.PositiveIntegerField()
    predictor = models.CharField(max_length=40)
    model_version = models.ForeignKey(
        ModelVersion, null=True, on_delete=models.CASCADE, related_name="+"
    )
    engine = models.CharField(max_length=40, blank=True)
    fault = models.TextField(
        blank=True, help_text="why the active version is not the one that answers"
    )
    since = models.DateTimeField(
        null=True, help_text="when this version began to answer in this process"
    )
    seen_at = models.DateTimeField(db_default=Now())

    objects = ServingProcessQuerySet.as_manager()

    class Meta:
        ordering = ("predictor", "host", "pid")
        constraints = (
            models.UniqueConstraint(
                fields=("process", "predictor"), name="servingprocess_process_predictor"
            ),
        )

    def __str__(self) -> str:
        return f"{self.host} {self.pid}: {self.predictor} {self.model_version_id}"
