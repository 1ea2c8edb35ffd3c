"""What is not accepted: every fault named, in one form, and in the audit log."""

import json
from typing import Any

import pytest
from django.test import Client

from modelregistry.models import ModelVersion
from predictions.models import Prediction
from predictors.homes.models import ZipcodeDemographics

JSON = "application/json"
PROBLEM = "application/problem+json"


def refused(api: Client, body: Any, path: str = "/api/predict/") -> dict[str, Any]:
    """Post it, hold the refusal to the form, and find its audit row."""
    response = api.post(path, body, content_type=JSON)
    problem: dict[str, Any] = response.json()
    assert response.status_code == 422, problem
    assert response["Content-Type"] == PROBLEM
    assert {"type", "title", "status", "detail", "code", "request_id", "id"} <= problem.keys()
    row = Prediction.objects.get(id=problem["id"])
    assert row.status == 422
    assert row.error is not None
    assert row.error["code"] == problem["code"]
    assert row.response is None
    return problem


def fields(problem: dict[str, Any]) -> set[str]:
    return {error["field"] for error in problem["errors"]}


def test_it_works(api: Client, home: dict[str, Any], active_version: ModelVersion) -> None:
    problem = refused(api, {**home, "bedrooms": "four"})
    (error,) = problem["errors"]
    assert error == {
        "field": "bedrooms",
        "detail": '"four" is not a number',
        "accepted": "a whole number from 0 to 50",
    }
    row = Prediction.objects.get(id=problem["id"])
    assert row.request == {**home, "bedrooms": "four"}
    assert row.model_version == active_version


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("bedrooms", -1),
        ("bedrooms", 51),
        ("bedrooms", 2.5),
        ("bedrooms", True),
        ("bedrooms", None),
        ("bedrooms", [3]),
        ("bedrooms", {"n": 3}),
        ("bathrooms", -0.25),
        ("sqft_lot", 10**30),
        ("floors", 0),
        ("waterfront", 2),
        ("waterfront", False),
        ("view", 5),
        ("condition", 0),
        ("grade", 14),
        ("yr_built", 1492),
        ("yr_renovated", 1850),
        ("zipcode", "9811"),
        ("zipcode", "98118-1234"),
        ("zipcode", "９８１１８"),
        ("zipcode", 98118.0),
        ("zipcode", True),
        ("zipcode", "10001"),
        ("lat", 91),
        ("long", "west"),
        ("sqft_living15", 0),
    ],
)
def test_a_wrong_value_is_named(api: Client, home: dict[str, Any], field: str, value: Any) -> None:
    assert fields(refused(api, {**home, field: value})) == {field}


def test_every_fault_is_reported_at_once(api: Client, home: dict[str, Any]) -> None:
    body = {**home, "bedrooms": -1, "floors": "two", "zipcode": "10001", "colour": "red"}
    del body["grade"]
    assert fields(refused(api, body)) == {"bedrooms", "floors", "zipcode", "colour", "grade"}


def test_living_area_must_be_the_sum_of_its_parts(api: Client, home: dict[str, Any]) -> None:
    problem = refused(api, {**home, "sqft_basement": 10})
    assert fields(problem) == {"sqft_living"}
    assert "1690" in problem["errors"][0]["detail"]


def test_demographics_are_not_the_clients_to_send(api: Client, home: dict[str, Any]) -> None:
    problem = refused(api, {**home, "hous_val_amt": 1.0, "per_urbn": 3})
    assert fields(problem) == {"hous_val_amt", "per_urbn"}
    assert "joined by the server" in problem["errors"][0]["detail"]


def test_the_minimal_endpoint_refuses_what_the_model_does_not_need(
    api: Client, minimal_home: dict[str, Any]
) -> None:
    problem = refused(api, {**minimal_home, "grade": 7}, path="/api/predict/minimal/")
    assert fields(problem) == {"grade"}


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400", "9" * 400])
def test_numbers_that_json_lacks_are_named_by_field(
    api: Client, home: dict[str, Any], number: str
) -> None:
    text = json.dumps(home).replace("5043", number, 1)
    assert fields(refused(api, text.encode())) == {"sqft_lot"}


@pytest.mark.parametrize("body", [b"[]", b"[{}]", b'"home"', b"7", b"null", b"true"])
def test_json_that_is_no_object_is_refused_and_audited(api: Client, body: bytes) -> None:
    assert refused(api, body)["code"] == "not-an-object"


def test_nul_and_unpaired_characters_harm_nobody(api: Client, home: dict[str, Any]) -> None:
    problem = refused(api, {**home, "a\x00b": "\x00", "zipcode": "\x00\x00\x00\x00\x00"})
    assert "zipcode" in fields(problem)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "malformed-json"),
        (b"{'bedrooms': 3}", 400, "malformed-json"),
        (b'{"bedrooms": 3,}', 400, "malformed-json"),
        (b'{"bedrooms": 3} x', 400, "malformed-json"),
        (b"\xff\xfe", 400, "malformed-json"),
        (b'{"bedrooms": "\\ud800"}', 400, "malformed-json"),
        (b'{"bedrooms": 3, "bedrooms": 4}', 400, "malformed-json"),
        (b"[" * 100 + b"]" * 100, 400, "malformed-json"),
        (b"[" * 30_000, 400, "malformed-json"),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, 400, "malformed-json"),
        (b" " * 70_000, 413, "body-too-large"),
    ],
)
def test_what_cannot_be_read_is_no_request(
    api: Client, body: bytes, status: int, code: str
) -> None:
    response = api.post("/api/predict/", body, content_type=JSON)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert response["Content-Type"] == PROBLEM
    assert not Prediction.objects.exists()


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_other_content_types_are_415(api: Client, content_type: str) -> None:
    response = api.generic("POST", "/api/predict/", b"{}", content_type=content_type)
    assert (response.status_code, response.json()["code"]) == (415, "unsupported-media-type")


def test_chunks_without_a_length_are_411(api: Client) -> None:
    response = api.post(
        "/api/predict/", b"{}", content_type=JSON, headers={"Transfer-Encoding": "chunked"}
    )
    assert (response.status_code, response.json()["code"]) == (411, "length-required")


def test_without_an_active_model_it_is_503_and_audited(api: Client, home: dict[str, Any]) -> None:
    ModelVersion.objects.update(is_active=False)
    response = api.post("/api/predict/", home, content_type=JSON)
    assert (response.status_code, response.json()["code"]) == (503, "no-active-model")
    assert response["Retry-After"] == "1"
    assert Prediction.objects.get(id=response.json()["id"]).status == 503


def test_without_demographics_it_is_503_and_not_the_clients_fault(
    api: Client, home: dict[str, Any]
) -> None:
    ZipcodeDemographics.objects.all().delete()
    response = api.post("/api/predict/", home, content_type=JSON)
    assert (response.status_code, response.json()["code"]) == (503, "not-ready")


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "options", "head"])
def test_other_methods_are_405_and_say_which_there_are(api: Client, method: str) -> None:
    response = getattr(api, method)("/api/predict/")
    assert response.status_code == 405
    assert response["Allow"] == "POST"
    assert response["Content-Type"] == PROBLEM
