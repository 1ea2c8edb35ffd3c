from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from modelregistry.read_only import ReadOnlyAdmin
from predictions.keys import services
from predictions.keys.models import ApiKey


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    """A key is made by `manage.py make_key`, which shows its secret once; here it is revoked."""

    list_display = (
        *("name", "prefix", "state", "scopes", "expires_at", "last_used_at"),
        *("per_minute", "created_by"),
    )
    list_filter = ("created_by",)
    search_fields = ("name", "prefix")
    exclude = ("digest",)
    actions = ("revoke",)

    @admin.display
    def state(self, key: ApiKey) -> str:
        return key.state(timezone.now())

    @admin.action(description="Revoke the selected keys", permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        for key in queryset:
            services.revoke_key(name=key.name)
        self.message_user(request, "They open nothing any more.")

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("keys.change_apikey")
