"""Who may do what is what OpenAPI says: each operation asked for by each kind of caller."""

import re
from typing import Any

import httpx
import pytest
from django.urls import get_resolver

from tests.access.callers import Caller
from tests.access.operations import Operation
from tests.live import Live
from tests.ops.test_every_route import paths
from valuation_client import Client, Forbidden, NotAuthenticated, Retries

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
# For people, who are sent to log in; and the documentation itself, which is for everybody.
PAGES = {"/", "/console/bitcoin/", "/console/operations/"}
DOCUMENTATION = {"/api/schema/", "/api/docs/"}


def ask(client: httpx.Client, operation: Operation, caller: Caller) -> httpx.Response:
    kind = {"Content-Type": operation.content_type} if operation.content is not None else {}
    # A client keeps cookies; each of these requests is somebody else's.
    client.cookies.clear()
    return client.request(
        operation.method,
        operation.path,
        content=operation.content,
        headers=kind | caller.headers,
    )


def test_it_works(client: httpx.Client, operations: list[Operation], callers: list[Caller]) -> None:
    """Refused is who has not what the documentation names, and nobody else."""
    assert len(operations) >= 44 and len(callers) == 9
    # Who may the most comes last: what is refused before has changed nothing.
    for caller in callers:
        for operation in operations:
            response = ask(client, operation, caller)
            asked = (caller.name, operation.method, operation.route, response.text[:300])
            refusal = operation.refusal_of(caller)
            assert response.status_code in operation.responses, asked
            if refusal is None:
                assert response.status_code not in (401, 403), asked
            else:
                assert response.status_code == refusal, asked
                assert response.headers["Content-Type"] == "application/problem+json"
                why = response.json()["detail"]
                named = [operation.permission] if caller.is_staff else operation.scopes
                assert refusal == 401 or all(name in why for name in named), asked


def test_whoever_is_not_known_is_told_how_to_be(
    client: httpx.Client, operations: list[Operation], callers: list[Caller]
) -> None:
    """RFC 9110, 15.5.2, and RFC 6750, 3: each 401 has its challenge."""
    for caller in callers:
        for operation in operations:
            if operation.refusal_of(caller) == 401:
                challenge = ask(client, operation, caller).headers["WWW-Authenticate"]
                assert 'Bearer realm="' in challenge
                assert ('error="invalid_token"' in challenge) == caller.is_refused


def test_a_program_with_the_client_does_what_its_key_may(
    guarded: Live, callers: list[Caller], home: dict[str, Any]
) -> None:
    for caller in callers:
        key = caller.headers.get("Authorization", "Bearer ").removeprefix("Bearer ") or None
        with Client(guarded.url, key, retries=Retries(seconds=0)) as client:
            if "predict" in caller.scopes:
                assert client.value_home(home).prediction > 0
            elif caller.scopes:
                with pytest.raises(Forbidden, match="predict"):
                    client.value_home(home)
            else:  # a session is for pages
                with pytest.raises(NotAuthenticated):
                    client.value_home(home)


def test_nothing_is_there_that_is_not_documented(operations: list[Operation]) -> None:
    """Each of Django's routes but the admin's is an operation of OpenAPI, or one of the pages."""
    there = {re.sub(r"<\w+:(\w+)>", r"{\1}", route) for route in paths(get_resolver())}
    documented = {operation.route for operation in operations}
    assert there == documented | PAGES | DOCUMENTATION


@pytest.mark.parametrize("method", METHODS)
def test_no_other_method_does_anything(
    client: httpx.Client, operations: list[Operation], callers: list[Caller], method: str
) -> None:
    """Whoever asks is told which there are (RFC 9110, 15.5.6)."""
    there: dict[str, set[str]] = {}
    for operation in operations:
        there.setdefault(operation.path.partition("?")[0], set()).add(operation.method)
    for path, methods in there.items():
        allowed = methods | ({"HEAD"} if "GET" in methods else set())
        if method in allowed:
            continue
        for caller in (callers[0], callers[-1]):  # nobody, and staff
            client.cookies.clear()
            response = client.request(method, path, headers=caller.headers)
            assert response.status_code == 405, (caller.name, path)
            told = {name.strip() for name in response.headers["Allow"].split(",")}
            assert told == allowed, (caller.name, path)


def test_a_look_at_the_head_alone_is_a_look(
    client: httpx.Client, operations: list[Operation], callers: list[Caller]
) -> None:
    for operation in operations:
        if operation.method != "GET":
            continue
        for caller in callers:
            client.cookies.clear()
            response = client.head(operation.path, headers=caller.headers)
            refusal = operation.refusal_of(caller)
            assert response.status_code == refusal or refusal is None, (caller, operation.path)
            assert response.status_code in operation.responses


def test_pages_are_for_staff_who_log_in(client: httpx.Client, callers: list[Caller]) -> None:
    for caller in callers:
        for page in sorted(PAGES):
            client.cookies.clear()
            response = client.get(page, headers=caller.headers)
            if caller.is_staff:
                assert response.status_code == 200, page
            elif caller.is_refused:
                assert response.status_code == 401, (caller.name, page)
            elif response.status_code == 302:
                assert response.headers["Location"].startswith("/admin/login/")
            else:
                assert (response.status_code, page) == (200, "/console/bitcoin/")


def test_the_documentation_is_for_everybody(client: httpx.Client, callers: list[Caller]) -> None:
    for caller in callers:
        for path in sorted(DOCUMENTATION):
            client.cookies.clear()
            status = client.get(path, headers=caller.headers).status_code
            assert status == (401 if caller.is_refused else 200), (caller.name, path)


def test_staff_need_the_token_of_their_page(
    client: httpx.Client, guarded: Live, callers: list[Caller]
) -> None:
    """A cookie alone changes nothing: another site could have sent it."""
    (staff,) = (caller for caller in callers if caller.is_superuser)
    cookie = {"Cookie": staff.headers["Cookie"]}
    client.cookies.clear()
    response = client.post("/api/models/homes/1/activate/", headers=cookie)
    assert response.status_code == 403 and "CSRF" in response.json()["detail"]
    assert client.get("/api/models/", headers=cookie).status_code == 200
