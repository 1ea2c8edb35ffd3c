from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from modelregistry.read_only import ReadOnlyAdmin
from predictions import catalog
from predictions.drift.judging import in_words
from predictions.drift.models import (
    DriftPolicy,
    DriftReport,
    DriftReportQuerySet,
    TrainingProfile,
)

COLUMNS = ("psi", "band", "limit", "median", "training_median", "unknown", "outside", "not_given")


@admin.register(DriftReport)
class DriftReportAdmin(ReadOnlyAdmin):
    list_display = (
        "window_to",
        "of_version",
        "state",
        "requests",
        "counted",
        "worst",
        "of_predictions",
        "reference_changed",
    )
    list_filter = ("version__predictor", "is_alert", "is_judged")
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("of_version", "state", "why", "begins", "told_at", "webhook")}),
        (
            "Window",
            {
                "fields": (
                    *("window_from", "window_to", "requests", "counted", "refused"),
                    *("is_sample", "is_judged", "reference_changed"),
                )
            },
        ),
        ("Compared with training", {"fields": ("table",)}),
    )

    @display(description="version")
    def of_version(self, report: DriftReport) -> str:
        return str(report.version)

    @display(
        description="state", label={"alert": "danger", "quiet": "success", "too few": "warning"}
    )
    def state(self, report: DriftReport) -> str:
        if report.is_alert:
            return "alert"
        return "quiet" if report.is_judged else "too few"

    @display(description="reasons")
    def why(self, report: DriftReport) -> str:
        return format_html_join("", "<div>{}</div>", [(in_words(one),) for one in report.reasons])

    @display(description="largest PSI")
    def worst(self, report: DriftReport) -> str:
        feature = report.worst
        return f"{feature['psi']:.2f} ({feature['name']})" if feature else "–"

    @display(description="PSI of predictions")
    def of_predictions(self, report: DriftReport) -> str:
        return f"{report.prediction['psi']:.2f}"

    @display(description="inputs and predictions")
    def table(self, report: DriftReport) -> str:
        rows = [("predictions", report.prediction)]
        rows += [(feature["name"], feature) for feature in report.features]
        head = format_html_join("", "<th>{}</th>", [(name,) for name in ("input", *COLUMNS)])
        body = format_html_join(
            "",
            "<tr><td>{}</td>{}</tr>",
            [
                (name, format_html_join("", "<td>{}</td>", _cells(figures)))
                for name, figures in rows
            ],
        )
        return format_html("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>", head, body)

    def get_queryset(self, request: HttpRequest) -> DriftReportQuerySet:
        return DriftReport.objects.newest_first()


def _cells(figures: dict[str, Any]) -> list[tuple[str]]:
    shares = ("unknown", "outside", "not_given")
    cells = []
    for name in COLUMNS:
        value = figures[name]
        if name in shares:
            cells.append((f"{value:.1%}",))
        elif isinstance(value, float):
            cells.append((f"{value:,.6g}" if "median" in name else f"{value:.3f}",))
        else:
            cells.append(("–" if value is None else str(value),))
    return cells


class DriftPolicyForm(forms.ModelForm):  # type: ignore[type-arg]
    predictor = forms.ChoiceField(
        choices=lambda: [(one.name, one.name) for one in catalog.all_predictors()],
        widget=UnfoldAdminSelectWidget,
    )


@admin.register(DriftPolicy)
class DriftPolicyAdmin(ModelAdmin):
    form = DriftPolicyForm
    list_display = (
        "predictor",
        "enabled",
        "window_hours",
        "least_requests",
        "psi_threshold",
        "unknown_threshold",
        "false_alarms",
    )


@admin.register(TrainingProfile)
class TrainingProfileAdmin(ReadOnlyAdmin):
    list_display = ("version", "source", "rows", "created_at")
