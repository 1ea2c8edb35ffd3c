"""Under what a request is counted: its method, route, status and caller."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from ops.usage import counting, gathering
from ops.usage.models import CallerCount, Spool
from predictions.keys.services import make_key


@pytest.fixture(autouse=True)
def counted(db: None, tmp_path: Path, settings: Any) -> Iterator[None]:
    """As in a web process."""
    settings.VAR = tmp_path
    counting.start()
    yield
    counting.stop()


def counts() -> list[tuple[str, str, int, str]]:
    gathering.gather_all()
    rows = CallerCount.objects.order_by("id")
    return [
        (row.method, row.route, row.status, row.caller) for row in rows for _ in range(row.count)
    ]


def test_it_works(api: Client, home: dict[str, Any]) -> None:
    assert api.post("/api/predict/", home, content_type="application/json").status_code == 200
    assert counts() == [("POST", "/api/predict/", 200, "127.0.0.1")]


@pytest.mark.parametrize(
    ("path", "route", "status"),
    [
        ("/livez", "/livez", 200),
        ("/api/models/homes/1/", "/api/models/<str:predictor>/<int:version>/", 200),
        ("/api/models/homes/999/", "/api/models/<str:predictor>/<int:version>/", 404),
        ("/static/console/console.css", "static", 200),
        ("/static/nothing.css", "static", 404),
        ("/admin/login/", "admin", 200),
        ("/admin/auth/user/17/change/", "admin", 302),
        ("/api/models", "(none)", 404),
        ("/nowhere%00%0a", "(none)", 404),
    ],
)
def test_a_route_stands_for_all_its_addresses(
    api: Client, path: str, route: str, status: int
) -> None:
    api.get(path)
    assert counts() == [("GET", route, status, "127.0.0.1")]


def test_a_process_is_known_before_it_answered(api: Client) -> None:
    assert Spool.objects.live().filter(read_bytes=0).count() == 1


def test_methods_that_nobody_knows_are_one(api: Client) -> None:
    for method in ("BREW", "PROPFIND", "get"):
        api.generic(method, "/livez")
    api.head("/livez")
    assert [(method, status) for method, _, status, _ in counts()] == [
        ("(other)", 405),
        ("(other)", 405),
        ("GET", 200),
        ("HEAD", 200),
    ]


def test_an_error_of_ours_is_counted(api: Client) -> None:
    """A host that is not accepted is refused before its route is looked for."""
    api.get("/livez", headers={"Host": "evil.example"})
    assert counts() == [("GET", "(none)", 400, "127.0.0.1")]


def test_a_key_counts_by_its_name(api: Client) -> None:
    secret = make_key(name="crm", scopes=["operate"], days=1, created_by="test").secret
    api.get("/api/usage/", headers={"Authorization": f"Bearer {secret}"})
    api.get("/api/usage/", headers={"Authorization": "Bearer wrong"})
    assert {(status, caller) for _, _, status, caller in counts()} == {
        (200, "key:crm"),
        (401, "127.0.0.1"),
    }


def test_a_user_counts_by_name_and_is_no_key(api: Client) -> None:
    api.force_login(User.objects.create_superuser("key:crm"))
    api.get("/admin/")
    assert counts() == [("GET", "admin", 200, "user:key:crm")]


def test_behind_a_proxy_its_client_is_the_caller(api: Client, settings: Any) -> None:
    settings.PROXIES = 1
    api.get("/livez", headers={"X-Forwarded-For": "1.1.1.1, 192.0.2.7"})
    assert counts() == [("GET", "/livez", 200, "192.0.2.7")]


def test_who_writes_a_name_where_an_address_belongs_is_nobody(api: Client, settings: Any) -> None:
    settings.PROXIES = 1
    api.get("/livez", headers={"X-Forwarded-For": "key:crm"})
    assert counts() == [("GET", "/livez", 200, "(no address)")]
