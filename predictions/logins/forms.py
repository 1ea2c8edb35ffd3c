from typing import Any

from django.core.exceptions import ValidationError
from unfold.forms import AuthenticationForm

from predictions.logins.errors import LoginBusy, LoginLocked
from predictions.logins.locking import is_locked


class LoginForm(AuthenticationForm):
    """The admin's. It says it when nobody is let in."""

    def clean(self) -> dict[str, Any]:
        try:
            cleaned: dict[str, Any] = super().clean()
            return cleaned
        except LoginBusy as busy:
            raise ValidationError(busy.detail) from busy

    def get_invalid_login_error(self) -> ValidationError:
        if self.request is not None and is_locked(self.request):
            return ValidationError(LoginLocked().detail)
        wrong: ValidationError = super().get_invalid_login_error()
        return wrong
