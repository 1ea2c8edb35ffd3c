"""Who may do what: programs by the scopes of their keys, staff by their permissions.

Where the service is open (HOUSING_ACCESS), this is asked only of what a permission guards.
"""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, QueryDict
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import (
    BaseAuthentication,
    BasicAuthentication,
    SessionAuthentication,
)
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from predictions.errors import Forbidden
from predictions.keys.holding import KeyHolder
from predictions.keys.models import SCOPES
from predictions.logins.errors import LoginLocked
from predictions.logins.locking import attempt_of, is_locked

REALM = "valuation service"
OPEN = "open"
LONGEST_NAME = 150


@dataclass(frozen=True, slots=True)
class Needs:
    """Who may pass: a key with any of the `scopes`, staff who have the `permission`."""

    scopes: tuple[str, ...] = ()
    permission: str = ""
    """Empty: any staff, and nobody is asked where the service is open."""

    def is_asked(self) -> bool:
        return bool(self.permission) or settings.ACCESS != OPEN


PREDICT = Needs(("predict",))
BATCHES = Needs(("batch",))
KNOWN = Needs(SCOPES)
"""Whoever has a key at all: which versions there are, how good they are."""


def holder_of(request: HttpRequest) -> KeyHolder | None:
    """Of the key that came with it, found by `predictions.admission`."""
    return getattr(request, "key_holder", None)


def admit_key(holder: KeyHolder, needs: Needs) -> None:
    """Raises Forbidden."""
    if not any(scope in holder.scopes for scope in needs.scopes):
        raise Forbidden(_too_little(needs))


def _too_little(needs: Needs) -> str:
    if not needs.scopes:
        return f"only staff with the permission {needs.permission} may do this, no key"
    kind = "scope" if len(needs.scopes) == 1 else "scopes"
    return f"only a key with the {kind} {' or '.join(needs.scopes)} may do this"


class Basic(BasicAuthentication):
    www_authenticate_realm = REALM

    def authenticate_credentials(
        self, userid: str, password: str, request: Request | None = None
    ) -> Any:
        # PostgreSQL has no text with a NUL, and no user a longer name.
        if "\x00" in userid or len(userid) > LONGEST_NAME or request is None:
            raise AuthenticationFailed("Invalid username/password.")
        attempt = attempt_of(request._request)
        try:
            return super().authenticate_credentials(userid, password, attempt)  # type: ignore[arg-type]
        except AuthenticationFailed:
            if is_locked(attempt):
                raise LoginLocked from None
            raise


class Session(SessionAuthentication):
    """Of the admin. The CSRF token comes in the header `X-CSRFToken`."""

    def enforce_csrf(self, request: Request) -> None:
        # Django would first look for a token in the body: an upload would be read whole before it
        # is known whether its sender may upload.
        request._request.POST = QueryDict()
        super().enforce_csrf(request._request)  # type: ignore[arg-type]


class Bearer(BaseAuthentication):
    """A key in the header `Authorization: Bearer …` (RFC 6750)."""

    def authenticate(self, request: Request) -> tuple[KeyHolder, None] | None:
        holder = holder_of(request._request)
        return None if holder is None else (holder, None)

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

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[str]]]:
        """One for each scope: any of them will do."""
        return [{self.name: [scope]} for scope in auto_schema.view.needed().scopes]


class StaffOrKey(BasePermission):
    """Keys with a scope, and staff with the permission, that the view needs."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return self.may(request, view.needed())  # type: ignore[attr-defined]

    def may(self, request: Request, needs: Needs) -> bool:
        user = request.user
        if isinstance(user, KeyHolder):
            self.message = _too_little(needs)
            return any(scope in user.scopes for scope in needs.scopes)
        self.message = (
            f"only staff with the permission {needs.permission} may do this"
            if needs.permission
            else "only staff may do this"
        )
        if not (user and user.is_staff):
            return False
        return not needs.permission or bool(user.has_perm(needs.permission))
