"""Who may change what: staff, by their permissions. Reading is open."""

from typing import Any

from django.http import QueryDict
from rest_framework.authentication import BasicAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from predictions.views import JSONView


class Basic(BasicAuthentication):
    www_authenticate_realm = "valuation service"

    def authenticate_credentials(
        self, userid: str, password: str, request: Request | None = None
    ) -> Any:
        if "\x00" in userid:  # PostgreSQL has no such text: the query would fail
            raise AuthenticationFailed("Invalid username/password.")
        return super().authenticate_credentials(userid, password, request)


class Session(SessionAuthentication):
    """Of the admin. The CSRF token comes in the header `X-CSRFToken`."""

    def enforce_csrf(self, request: Request) -> None:
        # Django would first look for a token in the body: an upload would be read whole before it
        # is known whether its sender may upload.
        request._request.POST = QueryDict()
        super().enforce_csrf(request._request)  # type: ignore[arg-type]


class StaffWithPermission(BasePermission):
    """Staff who have the permission that the view names."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        needed: str = view.permission  # type: ignore[attr-defined]
        self.message = f"only staff with the permission {needed} may do this"
        user = request.user
        return bool(user and user.is_staff and user.has_perm(needed))


class GuardedView(JSONView):
    # GET is open to all, what changes something to staff who have this permission.
    permission: str

    def get_authenticators(self) -> list[Any]:
        # Basic stands first: it says how to authenticate (WWW-Authenticate; RFC 9110, 15.5.2).
        return [Basic(), Session()] if self._changes_something() else []

    def get_permissions(self) -> list[Any]:
        return [StaffWithPermission()] if self._changes_something() else []

    def _changes_something(self) -> bool:
        # drf-spectacular asks before there is a request.
        return self.request is not None and self.request.method not in ("GET", "HEAD")
