"""A list of homes, answered at once."""

import json
import uuid
from typing import Any

import pytest
from django.test import Client

from modelregistry.models import ModelVersion
from predictions.models import Prediction
from tests.live import Live

PATH = "/api/predict/bulk/"
JSON = "application/json"


def post(api: Client, body: Any, path: str = PATH) -> Any:
    content = body if isinstance(body, str | bytes) else json.dumps(body)
    return api.post(path, content, content_type=JSON)


def test_it_works(api: Client, home: dict[str, Any], active_version: ModelVersion) -> None:
    """Each item is answered as if it had come alone, and is in the log."""
    homes = [{**home, "sqft_living": living, "sqft_above": living} for living in (900, 1680, 3000)]
    response = post(api, homes)
    body = response.json()
    assert (response.status_code, body["count"], body["answered"]) == (200, 3, 3)
    assert response["X-Model-Version"] == "homes/1"
    for sent, result in zip(homes, body["results"], strict=True):
        alone = api.post("/api/predict/", sent, content_type=JSON).json()
        assert result["status"] == 200
        assert {**result["answer"], "id": alone["id"]} == alone
        row = Prediction.objects.get(id=result["answer"]["id"])
        assert (row.request, row.response, row.status) == (sent, result["answer"], 200)
        assert (row.endpoint, row.model_version) == (PATH, active_version)
        assert row.prediction == result["answer"]["prediction"]


def test_a_bad_item_is_refused_for_itself(api: Client, home: dict[str, Any]) -> None:
    missing = {name: value for name, value in home.items() if name != "grade"}
    items = [home, {**home, "bedrooms": -1}, 7, missing, {**home, "zipcode": "99999"}]
    body = post(api, items).json()
    assert [result["status"] for result in body["results"]] == [200, 422, 422, 422, 422]
    assert (body["answered"], body["refused"]) == (1, 4)
    errors = [result["error"] for result in body["results"][1:]]
    assert [error["code"] for error in errors] == [
        "invalid-input",
        "not-an-object",
        "invalid-input",
        "invalid-input",
    ]
    assert errors[0]["errors"][0]["field"] == "bedrooms"
    for sent, error in zip(items[1:], errors, strict=True):
        row = Prediction.objects.get(id=error["id"])
        assert (row.status, row.request, row.error["code"]) == (422, sent, error["code"])


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("{}", 422, "invalid-input"),
        ("[]", 422, "invalid-input"),
        (json.dumps([1] * 1001), 422, "invalid-input"),
        ("[", 400, "malformed-json"),
        ('[{"grade": 1, "grade": 2}]', 400, "malformed-json"),
        ("[" * 100 + "]" * 100, 400, "malformed-json"),
        (" " * 2_097_153, 413, "body-too-large"),
    ],
)
def test_what_is_no_list_is_refused_whole(api: Client, body: str, status: int, code: str) -> None:
    before = Prediction.objects.count()
    response = post(api, body)
    assert (response.status_code, response.json()["code"]) == (status, code)
    assert Prediction.objects.count() == before


def test_numbers_that_json_lacks_are_named(api: Client, home: dict[str, Any]) -> None:
    text = json.dumps([home]).replace("5043", "NaN")
    (result,) = post(api, text).json()["results"]
    assert result["error"]["errors"][0]["field"] == "sqft_lot"
    assert Prediction.objects.get(id=result["error"]["id"]).request["sqft_lot"] == "nan"


def test_members_can_be_asked_for_with_short_lists(
    api: Client, home: dict[str, Any], champion_version: ModelVersion
) -> None:
    path = f"{PATH}?include=interval,warnings"
    (result,) = post(api, [home], path).json()["results"]
    interval = result["answer"]["interval"]
    assert interval["lower"] < result["answer"]["prediction"] < interval["upper"]
    refused = post(api, [home] * 51, path)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "body")
    assert post(api, [home], f"{PATH}?include=magic").json()["errors"][0]["field"] == "include"


def test_without_an_active_model_nothing_is_answered(
    api: Client, home: dict[str, Any], active_version: ModelVersion
) -> None:
    ModelVersion.objects.of("homes").update(is_active=False)
    assert post(api, [home]).json()["code"] == "no-active-model"


def test_a_thousand_homes_are_answered_by_the_running_service(
    live: Live, home: dict[str, Any]
) -> None:
    homes = [{**home, "sqft_lot": 1000 + lot} for lot in range(1000)]
    status, body = live.post(PATH, homes)
    assert (status, body["answered"]) == (200, 1000)
    ids = [uuid.UUID(result["answer"]["id"]) for result in body["results"]]
    assert ids == sorted(ids)
    with live.database() as database:
        query = "SELECT count(*) FROM predictions_prediction WHERE id = ANY(%s)"
        assert database.execute(query, [ids]).fetchone() == (1000,)
