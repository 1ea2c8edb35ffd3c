from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from modelregistry import services
from modelregistry.errors import DomainError
from modelregistry.models import ModelVersion


@admin.register(ModelVersion)
class ModelVersionAdmin(ModelAdmin):
    """Versions are made by training or registering; here they are read, annotated, activated."""

    list_display = (
        "predictor",
        "version",
        "name",
        "is_active",
        "test_r2",
        "data",
        "created_at",
        "created_by",
    )
    list_filter = ("predictor", "is_active")
    search_fields = ("name", "model_sha256", "notes")
    ordering = ("predictor", "-version")
    actions = ("activate",)

    @admin.display(description="R² (test)")
    def test_r2(self, version: ModelVersion) -> str:
        r2 = version.metrics.get("test", {}).get("r2")
        return "–" if r2 is None else f"{r2:.4f}"

    @admin.display(description="trained on")
    def data(self, version: ModelVersion) -> str:
        return str(version.trained_on.get("data", "unknown"))

    @admin.action(description="Activate the selected version", permissions=["change"])
    def activate(self, request: HttpRequest, queryset: QuerySet[ModelVersion]) -> None:
        if queryset.count() != 1:
            self.message_user(request, "Select exactly one version.", messages.ERROR)
            return
        chosen = queryset.get()
        try:
            services.activate_version(
                predictor=chosen.predictor,
                version=chosen.version,
                actor=f"{request.user.get_username()} (admin)",
            )
        except DomainError as error:
            self.message_user(request, error.detail, messages.ERROR)
        else:
            self.message_user(request, f"{chosen} now answers.", messages.SUCCESS)

    def get_readonly_fields(
        self, request: HttpRequest, obj: ModelVersion | None = None
    ) -> list[str]:
        return [field.name for field in ModelVersion._meta.fields if field.name != "notes"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ModelVersion | None = None) -> bool:
        return False
