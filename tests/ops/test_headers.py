"""What browsers are told, about whatever is answered."""

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.test import Client, RequestFactory

from housing_api.environment import VARIABLES
from ops.headers import DATA, POLICY, HeadersMiddleware
from predictions.rendering import json_response

ANSWERS = {
    "/api/models/": 200,
    "/api/predict/": 405,
    "/nowhere": 404,
    "/livez": 200,
    "/static/console/console.css": 200,
    "/api/docs/?script=": 200,
}
PAGES = ("/", "/console/bitcoin/", "/api/docs/", "/admin/login/")


def directives(response: object) -> dict[str, str]:
    parts = response[POLICY].split("; ")  # type: ignore[index]
    return dict(part.split(" ", 1) for part in parts)


@pytest.mark.parametrize("path", ANSWERS)
def test_it_works(api: Client, path: str) -> None:
    """What is no page runs, loads and frames nothing; nobody else's page reads it."""
    response = api.get(path, headers={"Origin": "https://evil.example"})
    assert response.status_code == ANSWERS[path]
    assert response[POLICY] == DATA
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in response["Permissions-Policy"]
    assert not [name for name in response.headers if name.startswith("Access-Control")]


@pytest.mark.parametrize("path", PAGES)
def test_no_page_may_have_a_script_in_it_or_another_origin(api: Client, path: str) -> None:
    response = api.get(path)
    assert response.status_code == 200
    told = directives(response)
    assert told["default-src"] == told["base-uri"] == told["frame-ancestors"] == "'none'"
    assert "unsafe-inline" not in told["script-src"]
    assert not [sources for sources in told.values() if "http" in sources or "*" in sources]
    assert "<script>" not in response.content.decode()


@pytest.mark.parametrize("path", PAGES[:2])
def test_our_own_pages_need_no_exception(api: Client, path: str) -> None:
    assert "unsafe" not in api.get(path)[POLICY]


def test_a_question_is_answered_with_them_too(api: Client) -> None:
    response = api.post("/api/predict/", {}, content_type="application/json")
    assert response.status_code == 422
    assert response[POLICY] == DATA


@pytest.mark.parametrize(
    ("tiles", "pictures"),
    [
        ("https://tiles.example/{z}/{x}/{y}.png", "'self' https://tiles.example"),
        ("/tiles/{z}/{x}/{y}.png", "'self'"),
        ("", "'self'"),
    ],
)
def test_the_map_may_show_its_tiles(settings: object, tiles: str, pictures: str) -> None:
    settings.MAP_TILES = tiles  # type: ignore[attr-defined]
    page = HeadersMiddleware(lambda _: json_response({}, content_type="text/html"))
    assert directives(page(RequestFactory().get("/")))["img-src"] == pictures


def test_cookies_are_for_this_host_and_no_script(api: Client) -> None:
    cookie = api.get("/admin/login/").cookies["csrftoken"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


PRODUCTION = {
    "HOUSING_MODE": "production",
    "HOUSING_SECRET_KEY": "k3-" * 20 + "abcdefghijklmnop",
    "HOUSING_ALLOWED_HOSTS": "valuation.example",
    "DATABASE_URL": "postgresql:///none",
    "REDIS_URL": "redis://localhost",
}


def run(*command: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    inherited = {name: value for name, value in os.environ.items() if "HOUSING" not in name}
    return subprocess.run(
        [sys.executable, *command],
        cwd=settings.BASE_DIR,
        env={**inherited, **PRODUCTION, **environment},
        capture_output=True,
        text=True,
    )


def test_in_production_cookies_are_secure_and_of_this_host_alone() -> None:
    script = (
        "import django; django.setup(); from django.conf import settings as s; print("
        "s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, "
        "s.SECURE_HSTS_SECONDS, s.SECURE_SSL_REDIRECT, s.DEBUG)"
    )
    found = run("-c", script, DJANGO_SETTINGS_MODULE="housing_api.settings")
    told = "__Host-sessionid __Host-csrftoken True True 31536000 True False"
    assert found.stdout.strip() == told, found.stderr


def test_django_has_nothing_to_complain_of_in_production() -> None:
    found = run("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert found.returncode == 0, found.stderr


def test_no_secret_has_a_default() -> None:
    secrets = {"HOUSING_SECRET_KEY", "DATABASE_URL", "REDIS_URL"}
    assert {v.name for v in VARIABLES if v.default is None} == secrets
    for name in secrets:
        found = run("manage.py", "check", **{name: ""})
        assert found.returncode != 0
        assert f"{name} is not set" in found.stderr
