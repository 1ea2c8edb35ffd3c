"""Whether a password is right. Who guessed too often was refused before (the settings)."""

import threading
from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from predictions.logins.errors import LoginBusy

_checking = threading.BoundedSemaphore(settings.PASSWORD_CHECKS)


class Passwords(ModelBackend):
    """Some at a time: each is a tenth of a second of a processor, and holds a thread meanwhile."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """Raises LoginBusy."""
        if not _checking.acquire(blocking=False):
            raise LoginBusy("many passwords are being checked; try again in a moment")
        try:
            return super().authenticate(request, username, password, **kwargs)
        finally:
            _checking.release()
