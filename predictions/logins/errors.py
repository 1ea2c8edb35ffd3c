from django.conf import settings

from modelregistry.errors import DomainError


class LoginLocked(DomainError):
    code = "login-locked"
    title = "Too many wrong passwords"
    status = 429

    def __init__(self) -> None:
        self.retry_after = round(settings.AXES_COOLOFF_TIME.total_seconds())
        super().__init__(
            f"{settings.AXES_FAILURE_LIMIT} wrong passwords for this user came from your address; "
            f"try again in {self.retry_after // 60} minutes"
        )


class LoginBusy(DomainError):
    code = "login-busy"
    title = "Too many passwords at a time"
    status = 503
    retry_after = 1
