from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from unfold.admin import ModelAdmin
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from modelregistry import overview, services
from modelregistry.catalog import all_kinds
from modelregistry.errors import DomainError
from modelregistry.models import LONG, Activation, ModelVersion, ServingProcess
from modelregistry.read_only import ReadOnlyAdmin
from modelregistry.runtime import GONE_AFTER


class RollBackForm(BaseDialogForm):
    predictor = forms.ChoiceField(
        choices=lambda: [(kind.predictor, kind.predictor) for kind in all_kinds()],
        widget=UnfoldAdminSelectWidget,
    )
    reason = forms.CharField(max_length=1000, required=False, widget=UnfoldAdminTextInputWidget)


@admin.register(ModelVersion)
class ModelVersionAdmin(ModelAdmin):
    """Versions are made by training or registering; here they are read, annotated, activated."""

    list_display = (
        "predictor",
        "version",
        "name",
        "is_active",
        "gate_label",
        "engine",
        "r2",
        "trained_on_data",
        "created_at",
        "created_by",
    )
    list_per_page = 50
    list_filter = ("predictor", "is_active", "gate", "engine")
    search_fields = ("name", "model_sha256", "notes")
    ordering = ("predictor", "-version")
    actions = ("activate",)
    actions_list = ("roll_back",)
    fieldsets = (
        (None, {"fields": ("predictor", "version", "name", "is_active", "notes")}),
        ("Gate", {"fields": ("gate", "gate_reason", "golden_rows", "engine", "proof")}),
        ("Metrics", {"fields": ("measured",)}),
        (
            "Origin",
            {
                "fields": (
                    "trained_on",
                    "feature_names",
                    "code_version",
                    "library_versions",
                    "created_at",
                    "created_by",
                )
            },
        ),
        (
            "Files",
            {"fields": ("model_file", "model_sha256", "features_file", "features_sha256")},
        ),
    )

    @display(
        description="gate",
        ordering="gate",
        label={"passed": "success", "failed": "danger", "removed": "info"},
    )
    def gate_label(self, version: ModelVersion) -> str:
        return version.gate

    def get_queryset(self, request: HttpRequest) -> QuerySet[ModelVersion]:
        rows: QuerySet[ModelVersion] = super().get_queryset(request)
        return rows.defer(*LONG)

    @display(description="R²")
    def r2(self, version: ModelVersion) -> str:
        headline = version.headline
        return f"{headline['r2']:.4f} ({headline['part']})" if "r2" in headline else "–"

    @display(description="trained on")
    def trained_on_data(self, version: ModelVersion) -> str:
        return version.data

    @display(description="golden rows")
    def golden_rows(self, version: ModelVersion) -> int:
        return len(version.golden.get("predictions", ()))

    @display(description="proof of the engine")
    def proof(self, version: ModelVersion) -> str:
        return as_lines(version.engine_proof)

    @display(description="metrics")
    def measured(self, version: ModelVersion) -> str:
        return as_lines(version.metrics)

    @admin.action(description="Activate the selected version", permissions=["change"])
    def activate(self, request: HttpRequest, queryset: QuerySet[ModelVersion]) -> None:
        if queryset.count() != 1:
            self.message_user(request, "Select exactly one version.", messages.ERROR)
            return
        chosen = queryset.get()
        try:
            services.activate_version(
                predictor=chosen.predictor, version=chosen.version, actor=actor(request)
            )
        except DomainError as error:
            self.message_user(request, error.detail, messages.ERROR)
        else:
            self.message_user(request, f"{chosen} now answers.", messages.SUCCESS)

    # With a dialog, so that a POST does it: unfold's other buttons are links.
    @action(
        description="Roll back",
        icon="undo",
        permissions=["change"],
        url_path="roll-back",
        dialog={
            "title": "Roll back",
            "description": "The version that answered before the active one answers again.",
            "form_class": RollBackForm,
            "form_submit_text": "Roll back",
        },
    )
    def roll_back(self, request: HttpRequest, form: RollBackForm) -> HttpResponse:
        try:
            version = services.rollback(
                predictor=form.cleaned_data["predictor"],
                actor=actor(request),
                reason=form.cleaned_data["reason"],
            )
        except DomainError as error:
            self.message_user(request, error.detail, messages.ERROR)
        else:
            self.message_user(request, f"{version} now answers.", messages.SUCCESS)
        # Where htmx, which sent the form, goes next.
        address = reverse("admin:modelregistry_modelversion_changelist")
        return HttpResponse(headers={"HX-Redirect": address})

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if request.method == "GET":
            faults = Counter((process.predictor, process.fault) for process in overview.faults())
            for (predictor, fault), count in faults.items():
                noun = "process does" if count == 1 else "processes do"
                text = f"{count} web {noun} not answer with the active version of {predictor}"
                self.message_user(request, f"{text}: {fault}", messages.ERROR)
        page: HttpResponse = super().changelist_view(request, extra_context)
        return page

    def get_readonly_fields(
        self, request: HttpRequest, obj: ModelVersion | None = None
    ) -> list[str]:
        computed = ["golden_rows", "proof", "measured"]
        own = [field.name for field in ModelVersion._meta.fields if field.name != "notes"]
        return own + computed

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ModelVersion | None = None) -> bool:
        return False


@admin.register(Activation)
class ActivationAdmin(ReadOnlyAdmin):
    """The history of what answered, which the database writes."""

    list_display = ("at", "predictor", "before", "after", "actor", "reason", "database_user")
    list_filter = ("predictor", "actor")
    search_fields = ("actor", "reason")
    date_hierarchy = "at"

    @display(description="from")
    def before(self, row: Activation) -> int | None:
        return row.from_version.version if row.from_version else None

    @display(description="to")
    def after(self, row: Activation) -> int | None:
        return row.to_version.version if row.to_version else None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Activation]:
        return Activation.objects.with_numbers()


@admin.register(ServingProcess)
class ServingProcessAdmin(ReadOnlyAdmin):
    """What answers in every web process that is there now."""

    list_display = (
        "host",
        "pid",
        "predictor",
        "version",
        "engine",
        "since",
        "seen_at",
        "fault",
    )
    list_filter = ("predictor",)

    @display(description="version")
    def version(self, process: ServingProcess) -> int | None:
        return process.model_version.version if process.model_version else None

    def get_queryset(self, request: HttpRequest) -> QuerySet[ServingProcess]:
        return ServingProcess.objects.seen_within(GONE_AFTER).with_numbers()


def actor(request: HttpRequest) -> str:
    return f"{request.user.get_username()} (admin)"


def as_lines(value: Mapping[str, Any]) -> str:
    """`test.r2: 0.7281`, a line each."""
    return format_html_join(mark_safe("<br>"), "{}: {}", _leaves(value))


def _leaves(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, inner in value.items():
        if isinstance(inner, Mapping):
            yield from _leaves(inner, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", inner
