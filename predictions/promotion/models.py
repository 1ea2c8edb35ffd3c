from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now

from modelregistry.models import Activation, ModelVersion

LIMITS: dict[str, tuple[float, float]] = {
    "share": (0.05, 0.95),
    "sample_floor": (50, 1_000_000),
    "threshold": (0, 100),
    "least_coverage": (0, 1),
    "guard_hours": (1, 8_760),
    "guard_requests": (1, 10_000),
    "guard_sample_floor": (1, 10_000),
    "guard_max_5xx_rate": (0, 1),
    "guard_max_failed_rate": (0, 1),
}
"""Smallest and largest value of each number: for forms, for the API and for the database."""


# Of a version, what no list shows and what is long.
_LONG = (
    *("feature_names", "metrics", "trained_on", "library_versions"),
    *("notes", "golden", "engine_proof"),
)


def _long(*relations: str) -> list[str]:
    return [f"{relation}__{name}" for relation in relations for name in _LONG]


def _within(name: str) -> tuple[MinValueValidator, MaxValueValidator]:
    smallest, largest = LIMITS[name]
    return MinValueValidator(smallest), MaxValueValidator(largest)


def _range(name: str) -> models.CheckConstraint:
    """NaN is above every limit, as PostgreSQL orders numbers."""
    smallest, largest = LIMITS[name]
    return models.CheckConstraint(
        condition=models.Q((f"{name}__gte", smallest), (f"{name}__lte", largest)),
        name=f"promotionpolicy_{name}",
        violation_error_message=f"{name}: from {smallest:,} to {largest:,}",
    )


class PromotionPolicyQuerySet(models.QuerySet["PromotionPolicy"]):
    def of(self, predictor: str) -> "PromotionPolicy":
        """What holds for it: the row, or the defaults if nobody has set any."""
        return self.filter(predictor=predictor).first() or PromotionPolicy(predictor=predictor)


class PromotionPolicy(models.Model):
    """How a new version of a predictor comes to answer, and what makes it go again."""

    class Mode(models.TextChoices):
        MANUAL = "manual", "manual: people activate"
        IF_BETTER = "if_better", "if better: a trained version that proves better is activated"

    TERMS = (
        *("mode", "share", "sample_floor", "threshold", "least_coverage"),
        *("guard_on", "guard_hours", "guard_requests", "guard_sample_floor"),
        *("guard_max_5xx_rate", "guard_max_failed_rate"),
    )
    """What may be set, in the order it is shown."""

    predictor = models.CharField(max_length=40, unique=True)
    mode = models.CharField(max_length=10, choices=Mode, default=Mode.MANUAL)
    share = models.FloatField(
        default=0.5,
        validators=_within("share"),
        help_text="of what the active version has not learned from, the newest: held out as proof",
    )
    sample_floor = models.PositiveIntegerField(
        default=200,
        validators=_within("sample_floor"),
        help_text="with fewer held out rows nothing is proven, and nothing is held out",
    )
    threshold = models.FloatField(
        default=0.0,
        validators=_within("threshold"),
        help_text="points of MdAPE by which the candidate must be better, beyond doubt",
    )
    least_coverage = models.FloatField(
        default=0.85,
        validators=_within("least_coverage"),
        help_text="share of the held out rows that the candidate's 90 % intervals must hold",
    )
    guard_on = models.BooleanField(
        default=True, help_text="roll back a version that fails in service"
    )
    guard_hours = models.PositiveIntegerField(
        default=24, validators=_within("guard_hours"), help_text="so long after each activation"
    )
    guard_requests = models.PositiveIntegerField(
        default=200,
        validators=_within("guard_requests"),
        help_text="the rates are over the last so many requests since the activation",
    )
    guard_sample_floor = models.PositiveIntegerField(
        default=20,
        validators=_within("guard_sample_floor"),
        help_text="over fewer requests than this no rate is looked at",
    )
    guard_max_5xx_rate = models.FloatField(
        default=0.05,
        validators=_within("guard_max_5xx_rate"),
        help_text="of all requests, those answered with 5xx; above it is rolled back",
    )
    guard_max_failed_rate = models.FloatField(
        default=0.05,
        validators=_within("guard_max_failed_rate"),
        help_text="of the requests that reached the model, those it failed at (500)",
    )
    updated_at = models.DateTimeField(null=True, editable=False)
    updated_by = models.CharField(max_length=150, blank=True, editable=False)

    objects = PromotionPolicyQuerySet.as_manager()

    class Meta:
        ordering = ("predictor",)
        verbose_name_plural = "promotion policies"
        constraints = (
            *(_range(name) for name in LIMITS),
            models.CheckConstraint(
                condition=models.Q(mode__in=("manual", "if_better")), name="promotionpolicy_mode"
            ),
            models.CheckConstraint(
                condition=models.Q(guard_sample_floor__lte=models.F("guard_requests")),
                name="promotionpolicy_guard_can_fire",
                violation_error_message="guard_sample_floor: at most guard_requests",
            ),
        )

    def __str__(self) -> str:
        return f"{self.predictor}: {self.mode}"

    @property
    def terms(self) -> dict[str, Any]:
        """As JSON: for the API, and kept with each decision."""
        return {name: getattr(self, name) for name in self.TERMS}


class PromotionDecisionQuerySet(models.QuerySet["PromotionDecision"]):
    def of(self, version: ModelVersion) -> "PromotionDecisionQuerySet":
        """Newest first."""
        return self.with_versions().filter(candidate=version).order_by("-id")

    def with_versions(self) -> "PromotionDecisionQuerySet":
        """Named, but without what is long in them."""
        found = self.select_related("candidate", "active")
        return found.defer(*_long("candidate", "active"))


class Reasoned(models.Model):
    """Kept with its reason, which may quote what a model raised: a model may mean harm."""

    reason = models.TextField()

    class Meta:
        abstract = True

    def save(self, *arguments: Any, **options: Any) -> None:
        self.reason = _storable(self.reason)
        super().save(*arguments, **options)


def _storable(text: str) -> str:
    """As PostgreSQL keeps text: no NUL, no lone surrogates."""
    return text.replace("\x00", "\ufffd").encode(errors="replace").decode()


class PromotionDecision(Reasoned):
    """Whether a version took over, and why. Append-only (migration 0002)."""

    class Outcome(models.TextChoices):
        ACTIVATED = "activated", "activated"
        NOT_PROVEN = "not_proven", "not proven"
        NOT_MEASURED = "not_measured", "not measured"
        OVERTAKEN = "overtaken", "overtaken"
        MANUAL = "manual", "left to people"

    candidate = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="promotion_decisions"
    )
    active = models.ForeignKey(
        ModelVersion,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="what answered when it was decided",
    )
    policy = models.JSONField(help_text="as it was then")
    outcome = models.CharField(max_length=20, choices=Outcome)
    numbers = models.JSONField(default=dict, help_text="what was measured, of both")
    decided_at = models.DateTimeField(db_default=Now())
    actor = models.CharField(max_length=150)

    objects = PromotionDecisionQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(
                    outcome__in=(
                        *("activated", "not_proven", "not_measured"),
                        *("overtaken", "manual"),
                    )
                ),
                name="promotiondecision_outcome",
            ),
            models.CheckConstraint(
                condition=~models.Q(outcome="activated") | models.Q(active__isnull=False),
                name="promotiondecision_activated_against_one",
            ),
        )

    def __str__(self) -> str:
        return self.summary

    @property
    def summary(self) -> str:
        """One line, in words."""
        return f"{self.candidate}: {self.get_outcome_display()}: {self.reason}"


class GuardInterventionQuerySet(models.QuerySet["GuardIntervention"]):
    def touching(self, version: ModelVersion) -> "GuardInterventionQuerySet":
        """Newest first: where it failed, and where it was returned to."""
        touching = models.Q(version=version) | models.Q(to_version=version)
        return self.with_versions().filter(touching).order_by("-id")

    def with_versions(self) -> "GuardInterventionQuerySet":
        """Named, but without what is long in them."""
        found = self.select_related("version", "to_version")
        return found.defer(*_long("version", "to_version"))


class GuardIntervention(Reasoned):
    """A version that failed in service, and what the guard did. Append-only (migration 0002)."""

    class Outcome(models.TextChoices):
        ROLLED_BACK = "rolled_back", "rolled back"
        STOOD_STILL = "stood_still", "stood still"

    activation = models.OneToOneField(
        Activation, on_delete=models.PROTECT, related_name="+", help_text="one of each at most"
    )
    version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="guard_interventions"
    )
    to_version = models.ForeignKey(
        ModelVersion, null=True, on_delete=models.PROTECT, related_name="+"
    )
    outcome = models.CharField(max_length=20, choices=Outcome)
    policy = models.JSONField(help_text="as it was then")
    numbers = models.JSONField(help_text="the requests that were counted")
    at = models.DateTimeField(db_default=Now())

    objects = GuardInterventionQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(outcome="rolled_back", to_version__isnull=False)
                | models.Q(outcome="stood_still", to_version__isnull=True),
                name="guardintervention_goes_somewhere_or_stands",
            ),
            models.CheckConstraint(
                condition=~models.Q(to_version=models.F("version")),
                name="guardintervention_goes_elsewhere",
            ),
        )

    def __str__(self) -> str:
        return f"{self.version}: {self.get_outcome_display()}: {self.reason}"
