import uuid
from contextlib import suppress

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from predictions import catalog
from predictions.models import Prediction


@admin.register(Prediction)
class PredictionAdmin(ModelAdmin):
    """The audit log is read here, never written."""

    list_display = (
        "id",
        "created_at",
        "predictor",
        "model_version",
        "estimate",
        "status",
        "latency",
        "caller",
    )
    list_filter = ("predictor", "model_version", "status", "created_at")
    list_select_related = ("model_version",)
    date_hierarchy = "created_at"
    search_fields = ("id",)  # shows the box; `get_search_results` does the search
    search_help_text = "prediction id, request id or caller, whole"
    show_full_result_count = False
    list_max_show_all = 0

    @admin.display(ordering="prediction")
    def estimate(self, row: Prediction) -> str | None:
        return None if row.prediction is None else f"{row.prediction:,.2f}"

    @admin.display(ordering="latency_ms", description="latency, ms")
    def latency(self, row: Prediction) -> str:
        return f"{row.latency_ms:.1f}"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Prediction], search_term: str
    ) -> tuple[QuerySet[Prediction], bool]:
        """By equality: a search must not read the whole log."""
        term = search_term.strip()
        if not term:
            return queryset, False
        wanted = Q(request_id=term) | Q(caller=term)
        with suppress(ValueError):  # not an id
            wanted |= Q(id=uuid.UUID(term))
        return queryset.filter(wanted), False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Prediction | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Prediction | None = None) -> bool:
        return False


def data_label(request: HttpRequest) -> list[str] | None:
    """The label in the admin's corner, so that nobody takes made-up data for real."""
    if any(predictor.data_kind() == "synthetic" for predictor in catalog.all_predictors()):
        return ["Synthetic data", "warning"]
    return None
