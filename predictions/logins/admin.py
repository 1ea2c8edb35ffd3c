from axes.models import AccessAttempt
from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from modelregistry.read_only import ReadOnlyAdmin
from predictions.logins import services


@admin.register(AccessAttempt)
class AccessAttemptAdmin(ReadOnlyAdmin):
    """Wrong passwords of the last minutes, by user, address and program."""

    list_display = ("username", "ip_address", "failures_since_start", "is_locked", "attempt_time")
    search_fields = ("username", "ip_address")
    fields = (*list_display, "user_agent", "path_info")
    actions = ("unlock",)

    @admin.display(boolean=True, description="locked")
    def is_locked(self, attempt: AccessAttempt) -> bool:
        return bool(attempt.failures_since_start >= settings.AXES_FAILURE_LIMIT)

    @admin.action(description="Let them try again at once", permissions=["unlock"])
    def unlock(self, request: HttpRequest, queryset: QuerySet[AccessAttempt]) -> None:
        services.unlock(attempts=[attempt.pk for attempt in queryset])
        self.message_user(request, "They may try again.")

    def has_unlock_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("axes.delete_accessattempt")
