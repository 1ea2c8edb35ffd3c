from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldBooleanSwitchWidget

from modelregistry.admin import actor
from modelregistry.errors import DomainError
from modelregistry.read_only import ReadOnlyAdmin
from predictions import catalog
from predictions.training import services
from predictions.training.models import TrainingRun

COLOURS = {
    "queued": "info",
    "running": "info",
    "succeeded": "success",
    "unchanged": "success",
    "failed": "danger",
    "cancelled": "warning",
    "lost": "danger",
}


def what_to_train() -> list[tuple[str, str]]:
    return [
        (f"{predictor.name} {recipe}", f"{predictor.name}, recipe {recipe}")
        for predictor in catalog.all_predictors()
        for recipe in predictor.recipes
    ]


class TrainForm(BaseDialogForm):
    what = forms.ChoiceField(choices=what_to_train, widget=UnfoldAdminSelectWidget)
    forced = forms.BooleanField(
        required=False,
        label="also if nothing has changed since the active version was trained",
        widget=UnfoldBooleanSwitchWidget,
    )


@admin.register(TrainingRun)
class TrainingRunAdmin(ReadOnlyAdmin):
    """Workers write them; here they are looked at, begun and cancelled."""

    list_display = (
        "id",
        "predictor",
        "recipe",
        "state_label",
        "stage",
        "percent",
        "registered",
        "took",
        "trigger",
        "requested_by",
        "requested_at",
    )
    list_select_related = ("version",)
    list_filter = ("predictor", "state", "trigger", "recipe")
    search_fields = ("requested_by", "summary", "=request_id")
    actions = ("cancel",)
    actions_list = ("train",)
    exclude = ("log",)
    readonly_fields = ("lines",)

    @display(description="state", ordering="state", label=COLOURS)
    def state_label(self, run: TrainingRun) -> str:
        return run.state

    @display(description="version")
    def registered(self, run: TrainingRun) -> str:
        return str(run.version.version) if run.version else "–"

    @display(description="took")
    def took(self, run: TrainingRun) -> str:
        return "–" if run.seconds is None else f"{run.seconds:,.0f} s"

    @display(description="log")
    def lines(self, run: TrainingRun) -> str:
        shown = ((line["at"], line["text"]) for line in run.log)
        return format_html_join(mark_safe("<br>"), "{} {}", shown)

    @admin.action(description="Cancel the selected runs", permissions=["cancel"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[TrainingRun]) -> None:
        for run in queryset.order_by("id"):
            try:
                services.cancel_run(run=run.pk, actor=actor(request))
            except DomainError as error:
                self.message_user(request, error.detail, messages.ERROR)
            else:
                self.message_user(request, f"Run {run.pk} ends.", messages.SUCCESS)

    # With a dialog, so that a POST does it: unfold's other buttons are links.
    @action(
        description="Train",
        icon="model_training",
        permissions=["train"],
        url_path="train",
        dialog={
            "title": "Train",
            "description": "A worker trains a new version; the policy decides what comes of it.",
            "form_class": TrainForm,
            "form_submit_text": "Train",
        },
    )
    def train(self, request: HttpRequest, form: TrainForm) -> HttpResponse:
        predictor, recipe = form.cleaned_data["what"].split(" ")
        try:
            run = services.request_run(
                predictor=predictor,
                recipe=recipe,
                forced=form.cleaned_data["forced"],
                trigger=TrainingRun.Trigger.ADMIN,
                requested_by=request.user.get_username(),
            )
        except DomainError as error:
            self.message_user(request, error.detail, messages.ERROR)
        else:
            self.message_user(request, f"Run {run.pk} is queued.", messages.SUCCESS)
        # Where htmx, which sent the form, goes next.
        address = reverse("admin:training_trainingrun_changelist")
        return HttpResponse(headers={"HX-Redirect": address})

    # Not by its name in the action: unfold would look for it in a database that is yet to be made.
    def has_train_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("training.add_trainingrun")

    def has_cancel_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("training.change_trainingrun")
