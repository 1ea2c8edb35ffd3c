import uuid
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from modelregistry.read_only import ReadOnlyAdmin
from modelregistry.version_filter import VersionFilter
from predictions import catalog
from predictions.models import Erasure, Prediction, PredictionQuerySet, Retention

USUAL_DAYS = 7


def today() -> date:
    return datetime.now(UTC).date()


def last_days(rows: PredictionQuerySet, days: int) -> PredictionQuerySet:
    start = today() - timedelta(days=days - 1)
    return rows.since(datetime(start.year, start.month, start.day, tzinfo=UTC))


class DayFilter(admin.SimpleListFilter):
    """Ranges of ids, which are ranges of time; `?day=2026-05-14` is any other day.

    Without a choice a search covers the whole log, and a list the last days.
    """

    title = "day (UTC)"
    parameter_name = "day"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        found = [
            ("today", "today"),
            ("yesterday", "yesterday"),
            (str(USUAL_DAYS), f"last {USUAL_DAYS} days"),
            ("30", "last 30 days"),
            ("all", "the whole log"),
        ]
        with suppress(ValueError):
            day = date.fromisoformat(self.value() or "")
            around = [day + timedelta(days=n) for n in (-1, 0, 1)]
            found += [(str(one), str(one)) for one in around]
        return found

    def queryset(self, request: HttpRequest, queryset: QuerySet[Prediction]) -> PredictionQuerySet:
        assert isinstance(queryset, PredictionQuerySet)
        chosen = self.value()
        if chosen == "all" or (chosen is None and request.GET.get("q")):
            return queryset
        if chosen in (None, str(USUAL_DAYS), "30"):
            return last_days(queryset, int(chosen or USUAL_DAYS))
        if chosen in ("today", "yesterday"):
            return queryset.on(today() - timedelta(days=chosen == "yesterday"))
        try:
            return queryset.on(date.fromisoformat(chosen))
        except (ValueError, OverflowError) as error:
            raise IncorrectLookupParameters(error) from error

    def choices(self, changelist: Any) -> Any:
        """Without Django's `All`, which would be the default."""
        chosen = self.value() or ("" if changelist.query else str(USUAL_DAYS))
        for value, title in self.lookup_choices:
            link = changelist.get_query_string({self.parameter_name: value})
            yield {"selected": value == chosen, "query_string": link, "display": title}


class PredictorFilter(admin.SimpleListFilter):
    """Django's own would read the whole log to learn which there are; so for the status."""

    title = parameter_name = "predictor"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(predictor.name, predictor.name) for predictor in catalog.all_predictors()]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Prediction]
    ) -> QuerySet[Prediction]:
        return queryset.filter(predictor=self.value()) if self.value() else queryset


class StatusFilter(admin.SimpleListFilter):
    """`?status=422` is any one status."""

    title = parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("200", "answered"), ("4xx", "refused"), ("5xx", "failed")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Prediction]
    ) -> QuerySet[Prediction]:
        chosen = self.value()
        if not chosen:
            return queryset
        try:
            if chosen.endswith("xx"):
                first = int(chosen[:-2]) * 100
                return queryset.filter(status__gte=first, status__lt=first + 100)
            return queryset.filter(status=int(chosen))
        except ValueError as error:
            raise IncorrectLookupParameters(error) from error


@admin.register(Prediction)
class PredictionAdmin(ReadOnlyAdmin):
    """The audit log is read here, never written. Nothing here reads or counts the whole of it."""

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
    list_filter = (DayFilter, PredictorFilter, VersionFilter, StatusFilter)
    list_select_related = ("model_version",)
    search_fields = ("id",)  # shows the box; `get_search_results` does the search
    search_help_text = (
        f"prediction id, request id, or caller (in the day, else the last {USUAL_DAYS}), whole"
    )
    sortable_by = ()  # by time only: that is the order of the index
    paginator = InfinitePaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_max_show_all = 0
    fieldsets = (
        (
            None,
            {
                "fields": (
                    *("id", "created_at", "predictor", "endpoint", "model_version"),
                    *("prediction", "status", "latency_ms", "caller", "request_id"),
                    "api_version",
                )
            },
        ),
        ("Question", {"fields": ("request", "inputs")}),
        ("Answer", {"fields": ("response", "error")}),
    )

    @display(description="estimate")
    def estimate(self, row: Prediction) -> str | None:
        return None if row.prediction is None else f"{row.prediction:,.2f}"

    @display(description="latency, ms")
    def latency(self, row: Prediction) -> str:
        return f"{row.latency_ms:.1f}"

    @display(description="the model's inputs")
    def inputs(self, row: Prediction) -> str:
        return format_html_join("", "<div>{}: {}</div>", row.named_features.items())

    def get_queryset(self, request: HttpRequest) -> QuerySet[Prediction]:
        rows: QuerySet[Prediction] = super().get_queryset(request)
        # Much larger than a row of the log, and the same for all of them.
        return rows.defer("model_version__golden", "model_version__engine_proof")

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """What the filters offer: on any other column there is no index."""
        return lookup in ("day", "predictor", "status", "model_version__id__exact")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Prediction], search_term: str
    ) -> tuple[QuerySet[Prediction], bool]:
        """By equality, and by an index where there is one."""
        assert isinstance(queryset, PredictionQuerySet)
        term = search_term.strip()
        if not term:
            return queryset, False
        wanted = Q(request_id=term)
        with suppress(ValueError):  # not an id
            wanted |= Q(id=uuid.UUID(term))
        found = queryset.filter(wanted)
        if found.exists():
            return found, False
        if "day" not in request.GET:
            queryset = last_days(queryset, USUAL_DAYS)
        return queryset.filter(caller=term), False


@admin.register(Retention)
class RetentionAdmin(ReadOnlyAdmin):
    list_display = ("month", "rows", "dropped_at", "actor", "database_user")


@admin.register(Erasure)
class ErasureAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "rows", "erased_at", "actor", "database_user")


def data_label(request: HttpRequest) -> list[str] | None:
    """The label in the admin's corner, so that nobody takes made-up data for real."""
    if any(predictor.data_kind() == "synthetic" for predictor in catalog.all_predictors()):
        return ["Synthetic data", "warning"]
    return None
