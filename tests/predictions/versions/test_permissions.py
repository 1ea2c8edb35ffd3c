"""Reading is open; writing is for staff with the permission."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from modelregistry.models import Activation, ModelVersion
from tests.predictions.versions.conftest import basic, staff

JSON = "application/json"
WRITES = {
    "/api/models/homes/2/activate/": "change_modelversion",
    "/api/models/homes/rollback/": "change_modelversion",
    "/api/models/homes/": "add_modelversion",
}
each_write = pytest.mark.parametrize("path", WRITES)


def refused(response: Any, status: int, code: str) -> None:
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response["Content-Type"] == "application/problem+json"
    assert Activation.objects.of("homes").count() == 1


def test_it_works(api: Client, second: ModelVersion) -> None:
    allowed = staff("olga", "change_modelversion")
    response = api.post("/api/models/homes/2/activate/", "", content_type=JSON, headers=allowed)
    assert response.status_code == 200


@each_write
def test_nobody_is_asked_who_they_are(api: Client, path: str) -> None:
    response = api.post(path)
    refused(response, 401, "not-authenticated")
    assert response["WWW-Authenticate"].startswith("Basic realm=")


@each_write
@pytest.mark.parametrize(
    "header",
    [
        basic("olga", "wrong"),
        basic("nobody", "correct horse"),
        basic("ol\x00ga", "correct horse"),
        basic("olga", "\x00"),
        {"Authorization": "Basic"},
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic a b"},
        {"Authorization": "Bearer 123"},
    ],
)
def test_who_cannot_prove_it_is_refused(api: Client, path: str, header: dict[str, str]) -> None:
    staff("olga", "change_modelversion", "add_modelversion")
    response = api.post(path, headers=header)
    refused(response, 401, "not-authenticated")
    scheme = "Bearer" if header.get("Authorization", "").startswith("Bearer") else "Basic"
    assert response["WWW-Authenticate"].startswith(f'{scheme} realm="valuation service"')


@each_write
def test_staff_without_the_permission_are_refused_and_told_which(api: Client, path: str) -> None:
    others = {"change_modelversion", "add_modelversion", "view_modelversion"} - {WRITES[path]}
    response = api.post(path, headers=staff("vera", *others))
    refused(response, 403, "forbidden")
    assert f"modelregistry.{WRITES[path]}" in response.json()["detail"]


@each_write
def test_the_permission_alone_makes_nobody_staff(api: Client, path: str) -> None:
    response = api.post(path, headers=staff("carl", WRITES[path], is_staff=False))
    refused(response, 403, "forbidden")


@each_write
def test_who_has_left_is_refused(api: Client, path: str) -> None:
    header = staff("gone", WRITES[path])
    User.objects.filter(username="gone").update(is_active=False)
    refused(api.post(path, headers=header), 401, "not-authenticated")


def test_a_superuser_may(api: Client, second: ModelVersion) -> None:
    User.objects.create_superuser("root", password="correct horse")
    path = "/api/models/homes/2/activate/"
    header = basic("root", "correct horse")
    assert api.post(path, "", content_type=JSON, headers=header).status_code == 200


@pytest.fixture
def browser(db: None) -> Client:
    """Logged in as the admin, and checked for CSRF as browsers are."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(User.objects.create_superuser("root", password="correct horse"))
    return client


@each_write
def test_a_session_without_csrf_token_is_refused(browser: Client, path: str) -> None:
    refused(browser.post(path, {"csrfmiddlewaretoken": "x" * 32}), 403, "forbidden")


def test_a_session_with_csrf_token_may(browser: Client, second: ModelVersion) -> None:
    browser.get("/admin/")
    token = "t" * 32
    browser.cookies["csrftoken"] = token
    response = browser.post(
        "/api/models/homes/2/activate/",
        {"reason": "from a page"},
        content_type=JSON,
        headers={"X-CSRFToken": token},
    )
    assert response.status_code == 200
    assert Activation.objects.latest("id").reason == "from a page"


def test_a_forged_session_is_nobody(api: Client) -> None:
    for value in ("x" * 32, '"abcdefgh\\000"', "\x7f"):
        api.cookies["sessionid"] = value
        refused(api.post("/api/models/homes/rollback/"), 401, "not-authenticated")


def test_reading_asks_nobody(api: Client) -> None:
    for header in ({}, basic("nobody", "x")):
        for path in ("", "homes/", "homes/1/", "homes/serving/"):
            assert api.get(f"/api/models/{path}", headers=header).status_code == 200


@pytest.mark.parametrize("path", ["homes/rollback/", "homes/1/activate/"])
def test_asking_the_wrong_way_names_the_right_one(api: Client, path: str) -> None:
    response = api.get(f"/api/models/{path}")
    assert (response.status_code, response["Allow"]) == (405, "POST")
