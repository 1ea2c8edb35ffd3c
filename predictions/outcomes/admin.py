from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.admin import TabularInline
from unfold.decorators import display

from modelregistry.read_only import ReadOnlyAdmin
from modelregistry.version_filter import VersionFilter
from predictions.outcomes.models import Outcome, OutcomeRevision


class RevisionInline(TabularInline):
    """Every value that it ever had, the newest first."""

    model = OutcomeRevision
    fields = readonly_fields = ("actual", "date", "recorded_at", "source", "recorded_by")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Outcome | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Outcome | None = None) -> bool:
        return False


@admin.register(Outcome)
class OutcomeAdmin(ReadOnlyAdmin):
    """What really happened to predictions; written by the API and by `record_outcomes`."""

    list_display = (
        "prediction_id",
        "model_version",
        "estimate",
        "really",
        "error",
        "date",
        "recorded_at",
        "recorded_by",
        "accuracy",
    )
    list_filter = ("predictor", VersionFilter, "is_synthetic", "source")
    list_select_related = ("model_version",)
    search_fields = ("prediction_id__exact",)
    search_help_text = "prediction id, whole"
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    inlines = (RevisionInline,)

    @display(description="estimate")
    def estimate(self, row: Outcome) -> str:
        return f"{row.prediction:,.2f}"

    @display(description="actual", ordering="actual")
    def really(self, row: Outcome) -> str:
        return f"{row.actual:,.2f}"

    @display(description="error")
    def error(self, row: Outcome) -> str:
        return f"{(row.prediction - row.actual) / row.actual:+.1%}"

    @display(description="accuracy")
    def accuracy(self, row: Outcome) -> str:
        data = "synthetic" if row.is_synthetic else "real"
        address = f"{reverse('accuracy')}?predictor={row.predictor}&data={data}&window=all"
        return format_html(
            '<a href="{}&version={}&by=month">of the version</a>',
            address,
            row.model_version.version,
        )


@admin.register(OutcomeRevision)
class OutcomeRevisionAdmin(ReadOnlyAdmin):
    """Append-only: the database refuses anything else."""

    list_display = ("outcome", "value", "date", "recorded_at", "source", "recorded_by")
    list_filter = ("source",)
    list_select_related = ("outcome",)
    search_fields = ("outcome__prediction_id__exact",)
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    @display(description="actual", ordering="actual")
    def value(self, row: OutcomeRevision) -> str:
        return f"{row.actual:,.2f}"
