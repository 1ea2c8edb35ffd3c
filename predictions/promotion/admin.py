from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from modelregistry.admin import ModelVersionAdmin, actor, as_lines
from modelregistry.read_only import ReadOnlyAdmin
from predictions import catalog
from predictions.promotion.models import GuardIntervention, PromotionDecision, PromotionPolicy


class PolicyForm(forms.ModelForm):  # type: ignore[type-arg]
    predictor = forms.ChoiceField(
        choices=lambda: [(one.name, one.name) for one in catalog.all_predictors()],
        widget=UnfoldAdminSelectWidget,
    )

    class Meta:
        model = PromotionPolicy
        fields = ("predictor", *PromotionPolicy.TERMS)


@admin.register(PromotionPolicy)
class PromotionPolicyAdmin(ModelAdmin):
    """Without a row for a predictor the defaults hold: people activate, the guard is on."""

    form = PolicyForm
    list_display = ("predictor", "mode", "guard_on", "updated_at", "updated_by")
    fieldsets = (
        (None, {"fields": ("predictor", "mode")}),
        ("Proof", {"fields": ("share", "sample_floor", "threshold", "least_coverage")}),
        (
            "Guard",
            {
                "fields": (
                    *("guard_on", "guard_hours", "guard_requests", "guard_sample_floor"),
                    *("guard_max_5xx_rate", "guard_max_failed_rate"),
                )
            },
        ),
    )

    def save_model(
        self, request: HttpRequest, obj: PromotionPolicy, form: Any, change: bool
    ) -> None:
        obj.updated_at, obj.updated_by = timezone.now(), actor(request)
        super().save_model(request, obj, form, change)

    def get_readonly_fields(
        self, request: HttpRequest, obj: PromotionPolicy | None = None
    ) -> tuple[str, ...]:
        return ("predictor",) if obj else ()


@admin.register(PromotionDecision)
class PromotionDecisionAdmin(ReadOnlyAdmin):
    list_display = ("decided_at", "candidate", "active", "outcome_label", "reason", "actor")
    list_filter = ("outcome", "candidate__predictor")
    date_hierarchy = "decided_at"
    fields = (
        "candidate",
        "active",
        "outcome",
        "reason",
        "measured",
        "terms",
        "decided_at",
        "actor",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[PromotionDecision]:
        return PromotionDecision.objects.with_versions()

    @display(
        description="outcome",
        ordering="outcome",
        label={"activated": "success", "not proven": "warning", "overtaken": "warning"},
    )
    def outcome_label(self, row: PromotionDecision) -> str:
        return row.get_outcome_display()

    @display(description="numbers")
    def measured(self, row: PromotionDecision) -> str:
        return as_lines(row.numbers)

    @display(description="policy")
    def terms(self, row: PromotionDecision) -> str:
        return as_lines(row.policy)


@admin.register(GuardIntervention)
class GuardInterventionAdmin(ReadOnlyAdmin):
    list_display = ("at", "version", "to_version", "outcome", "reason")
    list_filter = ("outcome", "version__predictor")
    date_hierarchy = "at"
    fields = ("version", "to_version", "outcome", "reason", "counted", "terms", "at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[GuardIntervention]:
        return GuardIntervention.objects.with_versions()

    @display(description="requests that were counted")
    def counted(self, row: GuardIntervention) -> str:
        return as_lines(row.numbers)

    @display(description="policy")
    def terms(self, row: GuardIntervention) -> str:
        return as_lines(row.policy)


class _Beside(TabularInline):
    """On the page of a version: read, never written."""

    extra = 0
    show_change_link = True
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class DecisionsBeside(_Beside):
    model = PromotionDecision
    fk_name = "candidate"
    verbose_name_plural = "promotion"
    fields = readonly_fields = ("decided_at", "outcome", "reason", "active", "actor")


class InterventionsBeside(_Beside):
    model = GuardIntervention
    fk_name = "version"
    verbose_name_plural = "guard"
    fields = readonly_fields = ("at", "outcome", "reason", "to_version")


ModelVersionAdmin.inlines = (*ModelVersionAdmin.inlines, DecisionsBeside, InterventionsBeside)
