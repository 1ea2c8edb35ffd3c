from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from modelregistry.admin import actor
from modelregistry.errors import DomainError
from modelregistry.models import ModelVersion
from modelregistry.read_only import ReadOnlyAdmin
from predictions.shadow import services
from predictions.shadow.comparing import compare
from predictions.shadow.models import Shadow
from predictions.shadow.tables import tables

OFFERED = 100
"""The newest; older ones by the API."""


def candidates() -> list[tuple[str, str]]:
    found = ModelVersion.objects.filter(gate=ModelVersion.Gate.PASSED, is_active=False)
    versions = found.order_by("-pk").only("predictor", "version", "name")[:OFFERED]
    return [(f"{one.predictor}/{one.version}", str(one)) for one in versions]


class SetForm(BaseDialogForm):
    version = forms.ChoiceField(choices=candidates, widget=UnfoldAdminSelectWidget)
    reason = forms.CharField(max_length=1000, required=False, widget=UnfoldAdminTextInputWidget)


@admin.register(Shadow)
class ShadowAdmin(ReadOnlyAdmin):
    """Which versions compute along; a shadow's own page compares it with what was answered."""

    list_display = ("name", "state", "since", "ended_at", "set_by", "reason", "comparison")
    list_filter = ("predictor",)
    list_display_links = ("name", "comparison")
    actions = ("end",)
    actions_list = ("set_shadow",)
    fields = (
        *("predictor", "model_version", "since", "set_by", "reason"),
        *("ended_at", "ended_by", "computed_to", "fault"),
    )
    change_form_after_template = "shadow/comparison.html"

    @display(description="version", ordering="model_version")
    def name(self, shadow: Shadow) -> str:
        return str(shadow.model_version)

    @display(description="state", label={"shadow": "success", "fault": "danger", "ended": "info"})
    def state(self, shadow: Shadow) -> str:
        if not shadow.is_open:
            return "ended"
        return "fault" if shadow.fault else "shadow"

    @display(description="comparison")
    def comparison(self, shadow: Shadow) -> str:
        return format_html("<span class='underline'>{}</span>", "compare")

    @display(description="computed to")
    def computed_to(self, shadow: Shadow) -> str:
        return f"{shadow.computed_to:%Y-%m-%d %H:%M:%S} UTC"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Shadow]:
        return Shadow.objects.with_numbers()

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        shadow = self.get_object(request, object_id)
        found = tables(compare(shadow)) if shadow and self.has_view_permission(request) else []
        context = {**(extra_context or {}), "comparison": found}
        page: HttpResponse = super().change_view(request, object_id, form_url, context)
        return page

    def has_end_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("shadow.change_shadow")

    @admin.action(description="End the selected shadows", permissions=["end"])
    def end(self, request: HttpRequest, queryset: QuerySet[Shadow]) -> None:
        for shadow in queryset:
            version = shadow.model_version
            services.end_shadow(
                predictor=version.predictor, version=version.version, actor=actor(request)
            )
            self.message_user(request, f"{version} is no shadow now.", messages.SUCCESS)

    # With a dialog, so that a POST does it: unfold's other buttons are links.
    @action(
        description="Set a shadow",
        icon="visibility",
        permissions=["end"],
        url_path="set-shadow",
        dialog={
            "title": "Set a shadow",
            "description": "It computes what it would have answered, from now on.",
            "form_class": SetForm,
            "form_submit_text": "Set",
        },
    )
    def set_shadow(self, request: HttpRequest, form: SetForm) -> HttpResponse:
        predictor, _, version = form.cleaned_data["version"].partition("/")
        try:
            done = services.set_shadow(
                predictor=predictor,
                version=int(version),
                actor=actor(request),
                reason=form.cleaned_data["reason"],
            )
        except DomainError as error:
            self.message_user(request, error.detail, messages.ERROR)
        else:
            self.message_user(
                request, f"{done.shadow.model_version} is a shadow.", messages.SUCCESS
            )
        # Where htmx, which sent the form, goes next.
        return HttpResponse(headers={"HX-Redirect": reverse("admin:shadow_shadow_changelist")})
