"""These tables are written by those who tell the seconds. None is ever read or counted whole."""

from datetime import UTC, datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from modelregistry.read_only import ReadOnlyAdmin
from predictors.bitcoin.ml.targets import FORECASTS
from predictors.bitcoin.models import Forecast, Second, SecondsLoad


class SecondBySecondAdmin(ReadOnlyAdmin):
    """Grows by a row a second: in the order of its index, and nothing is counted."""

    time: str
    """The column that says which second."""
    search_help_text = "a time (UTC) such as 2020-01-01 12:30:00: from there backwards"
    sortable_by = ()
    paginator = InfinitePaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_max_show_all = 0

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        try:
            moment = datetime.fromisoformat(search_term.strip())
            moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            return (queryset.none() if search_term.strip() else queryset), False
        return queryset.filter(**{f"{self.time}__lte": moment}), False


@admin.register(Second)
class SecondAdmin(SecondBySecondAdmin):
    time = "time"
    list_display = (
        "time",
        "price_open",
        "price_high",
        "price_low",
        "price_close",
        "volume_traded",
        "trades_count",
        "recorded_at",
        "recorded_by",
    )
    search_fields = ("time",)  # shows the box; `get_search_results` does the search


class TargetFilter(admin.SimpleListFilter):
    """Django's own would read the whole table to learn which there are."""

    title = parameter_name = "target"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(target, target.replace("_", " ")) for target in FORECASTS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Forecast]) -> QuerySet[Forecast]:
        return queryset.filter(target=self.value()) if self.value() else queryset


@admin.register(Forecast)
class ForecastAdmin(SecondBySecondAdmin):
    """Predictions that met their second."""

    time = "second"
    list_display = (
        "second",
        "target",
        "model_version",
        "prediction",
        "actual",
        "error",
        "last_close",
        "ewma",
        "predicted_at",
    )
    list_filter = (TargetFilter,)
    list_select_related = ("model_version",)
    search_fields = ("second",)

    @display(description="error, USD")
    def error(self, row: Forecast) -> str:
        return f"{row.prediction - row.actual:+,.4f}"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Forecast]:
        rows: QuerySet[Forecast] = super().get_queryset(request)
        # Much larger than a forecast, and the same for many of them.
        return rows.defer("model_version__golden", "model_version__engine_proof")


@admin.register(SecondsLoad)
class SecondsLoadAdmin(ReadOnlyAdmin):
    list_display = ("file_name", "rows", "is_synthetic", "loaded_at", "sha256")
    list_filter = ("is_synthetic",)
