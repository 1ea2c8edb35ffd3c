"""Every kind of caller there is, and what each shows."""

import re
import secrets
from dataclasses import dataclass

import httpx

from predictions.keys.models import SCOPES, digest_of
from tests.live import Live


@dataclass(frozen=True, slots=True)
class Caller:
    name: str
    headers: dict[str, str]
    scopes: tuple[str, ...] = ()
    is_staff: bool = False
    is_superuser: bool = False
    """Of staff: without it, one that has no permission at all."""
    is_refused: bool = False
    """It shows a key that is not good, or no longer."""


def every_caller(service: Live) -> list[Caller]:
    return [
        Caller("nobody", {}),
        *(Caller(scope, key(service, scope), (scope,)) for scope in SCOPES),
        Caller("expired", key(service, *SCOPES, hours=-1), is_refused=True),
        Caller("revoked", key(service, *SCOPES, is_revoked=True), is_refused=True),
        Caller("clerk", session(service, user="clerk"), is_staff=True),
        Caller("staff", session(service), is_staff=True, is_superuser=True),
    ]


def key(service: Live, *scopes: str, hours: int = 1, is_revoked: bool = False) -> dict[str, str]:
    secret = f"vk_{secrets.token_urlsafe(32)}"
    with service.database() as database:
        database.execute(
            "INSERT INTO keys_apikey "
            "(name, prefix, digest, scopes, created_by, created_at, expires_at, revoked_at) "
            "VALUES (%s, %s, %s, %s, 'test', now() - interval '1 day', "
            "now() + %s * interval '1 hour', CASE WHEN %s THEN now() END)",
            [
                f"test-{secrets.token_hex(4)}",
                secret[:9],
                digest_of(secret.encode()),
                list(scopes),
                hours,
                is_revoked,
            ],
        )
    return {"Authorization": f"Bearer {secret}"}


def session(service: Live, user: str = "admin") -> dict[str, str]:
    """Of staff, who log in as people do; all have the administrator's password."""
    with service.database() as database:
        database.execute(
            "INSERT INTO auth_user (username, password, is_staff, is_superuser, is_active, "
            "first_name, last_name, email, date_joined) "
            "SELECT %s, password, true, false, true, '', '', '', now() FROM auth_user "
            "WHERE username = 'admin' ON CONFLICT (username) DO NOTHING",
            [user],
        )
    page = "/admin/login/?next=/admin/"
    with httpx.Client(base_url=service.url) as browser:
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', browser.get(page).text)
        assert found
        form = {"username": user, "password": service.password, "csrfmiddlewaretoken": found[1]}
        assert browser.post(page, data=form).status_code == 302
        token = browser.cookies["csrftoken"]
        cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    return {"Cookie": cookies, "X-CSRFToken": token}
