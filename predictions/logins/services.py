from collections.abc import Collection

from axes.models import AccessAttempt
from django.conf import settings
from django.utils import timezone


def unlock(*, attempts: Collection[int]) -> None:
    """Who is meant may try again at once. `attempts`: ids."""
    AccessAttempt.objects.filter(pk__in=attempts).delete()


def forget_old_attempts() -> int:
    """Those that lock nobody any more: they have names and addresses. Returns how many."""
    until = timezone.now() - settings.AXES_COOLOFF_TIME
    return int(AccessAttempt.objects.filter(attempt_time__lt=until).delete()[0])


def forget_attempts(*, name: str | None, address: str | None) -> int:
    """Failed logins under a user's name, or from an address; how many."""
    found = AccessAttempt.objects.none()
    if name is not None:
        found |= AccessAttempt.objects.filter(username=name)
    if address is not None:
        found |= AccessAttempt.objects.filter(ip_address=address)
    return int(found.delete()[0])
