"""Who may change what: staff by their permissions, programs by the scopes of their keys. Reading is
open."""

from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import (
    BaseAuthentication,
    BasicAuthentication,
    SessionAuthentication,
    get_authorization_header,
)
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from predictions.keys.models import ApiKey
from predictions.views import JSONView

REALM = "valuation service"


class Basic(BasicAuthentication):
    www_authenticate_realm = REALM

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


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """Who shows a key, where a user would be."""

    key: ApiKey
    is_authenticated: bool = True

    def get_username(self) -> str:
        return f"key:{self.key.name}"

    def has_scope(self, scope: str) -> bool:
        return scope in self.key.scopes


class Bearer(BaseAuthentication):
    """A key in the header `Authorization: Bearer …` (RFC 6750)."""

    def authenticate(self, request: Request) -> tuple[KeyHolder, None] | None:
        scheme, _, secret = get_authorization_header(request).partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        key = ApiKey.objects.with_secret(secret.strip())
        if key is None:
            raise AuthenticationFailed("this key is wrong, has expired or was revoked")
        return KeyHolder(key), None

    def authenticate_header(self, request: Request) -> str:
        return f'Bearer realm="{REALM}"'


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """drf-spectacular finds it by itself."""

    target_class = Bearer
    name = "bearerAuth"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "An API key with the scope that the operation names.",
        }

    def get_security_requirement(self, auto_schema: Any) -> dict[str, list[str]]:
        return {self.name: [auto_schema.view.scope]}


class StaffOrKey(BasePermission):
    """Staff who have the permission that the view names, and keys with its scope."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        needed: str = view.permission  # type: ignore[attr-defined]
        scope: str = view.scope  # type: ignore[attr-defined]
        user = request.user
        if isinstance(user, KeyHolder):
            self.message = f"only a key with the scope {scope} may do this"
            return user.has_scope(scope)
        self.message = f"only staff with the permission {needed} may do this"
        return bool(user and user.is_staff and user.has_perm(needed))


class GuardedView(JSONView):
    # GET is open to all, what changes something to staff who have this permission, and to a key
    # that has this scope. Without a scope no key will do.
    permission: str
    scope: str = ""

    def get_authenticators(self) -> list[Any]:
        # Basic stands first: it says how to authenticate (WWW-Authenticate; RFC 9110, 15.5.2).
        if not self._changes_something():
            return []
        return [Basic(), *([Bearer()] if self.scope else []), Session()]

    def get_authenticate_header(self, request: Request) -> str:
        challenges = (way.authenticate_header(request) for way in self.get_authenticators())
        return ", ".join(challenge for challenge in challenges if challenge)

    def get_permissions(self) -> list[Any]:
        return [StaffOrKey()] if self._changes_something() else []

    def _changes_something(self) -> bool:
        # drf-spectacular asks before there is a request.
        return self.request is not None and self.request.method not in ("GET", "HEAD")
