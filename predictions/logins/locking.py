"""What django-axes is told, and what it is asked."""

from ipaddress import ip_address
from typing import Any

from django.http import HttpRequest, HttpResponse

from predictions.addresses import address_of
from predictions.logins.errors import LoginLocked


def address(request: HttpRequest) -> str | None:
    """AXES_CLIENT_IP_CALLABLE: as its column takes it."""
    try:
        return str(ip_address(address_of(request)))
    except ValueError:
        return None


def page(request: HttpRequest, response: HttpResponse, credentials: Any = None) -> HttpResponse:
    """AXES_LOCKOUT_CALLABLE: of the admin's form, which has said why by now."""
    response.status_code = LoginLocked.status
    response["Retry-After"] = str(LoginLocked().retry_after)
    return response


def attempt_of(request: HttpRequest) -> HttpRequest:
    """To authenticate with: what django-axes may know of a request, whose body it would read."""
    attempt = HttpRequest()
    attempt.META = {
        "REMOTE_ADDR": address_of(request),
        "PATH_INFO": request.path_info.replace("\x00", ""),
    }
    return attempt


def is_locked(attempt: HttpRequest) -> bool:
    """After it was authenticated with, and that failed."""
    return bool(getattr(attempt, "axes_locked_out", False))
