"""Every route, asked wrongly: each error is a problem (RFC 9457) with a request id."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

METHODS = ("get", "post", "put", "patch", "delete", "options")


def paths(resolver: Any, prefix: str = "/") -> Iterator[str]:
    """All routes but the admin's, which speaks HTML to people."""
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver) and not route.startswith("/admin/"):
            yield from paths(pattern, route)
        elif isinstance(pattern, URLPattern):
            yield route


ROUTES = list(paths(get_resolver()))


def test_it_works() -> None:
    assert {"/api/predict/", "/api/predict/minimal/", "/readyz", "/api/schema/"} <= set(ROUTES)


@pytest.mark.parametrize("route", [*ROUTES, "/nowhere", "/api/", "/api/predict", "/api/models/x/"])
@pytest.mark.parametrize("method", METHODS)
def test_an_error_is_a_problem(api: Client, route: str, method: str) -> None:
    response = getattr(api, method)(route)
    assert response.status_code < 500
    assert response["X-Request-ID"]
    if response.status_code >= 400:
        assert response["Content-Type"] == "application/problem+json"
        problem = response.json()
        assert problem["status"] == response.status_code
        assert problem["request_id"] == response["X-Request-ID"]
        assert {"type", "title", "detail", "code"} <= problem.keys()


def test_a_missing_slash_is_pointed_out(api: Client) -> None:
    assert "/api/predict/" in api.post("/api/predict").json()["detail"]


def test_another_host_is_refused_in_the_form(api: Client) -> None:
    response = api.get("/api/schema/", headers={"Host": "evil.example"})
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")


def test_a_browser_gets_a_page_for_a_wrong_address(api: Client) -> None:
    response = api.get("/nowhere", headers={"Accept": "text/html"})
    assert (response.status_code, response["Content-Type"]) == (404, "text/html; charset=utf-8")
