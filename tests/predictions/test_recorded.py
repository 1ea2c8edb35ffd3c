"""GET /api/predictions/<id>/: what was asked and answered before."""

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from modelregistry.models import ModelVersion
from predictions.models import Prediction
from predictions.recording import record
from tests.predictions.rows import row_of

JSON = "application/json"


def get(api: Client, identity: str) -> dict[str, Any]:
    response = api.get(f"/api/predictions/{identity}/")
    assert response.status_code == 200
    found: dict[str, Any] = response.json()
    return found


def test_it_works(api: Client, home: dict[str, Any], active_version: ModelVersion) -> None:
    answer = api.post("/api/predict/?include=interval", home, content_type=JSON).json()
    found = get(api, answer["id"])
    assert (found["request"], found["response"], found["error"]) == (home, answer, None)
    assert (found["predictor"], found["status"]) == ("homes", 200)
    assert (found["model"], found["is_active_model"]) == (answer["model"], True)
    moment = uuid.UUID(answer["id"]).int >> 80
    assert datetime.fromisoformat(found["asked_at"]).timestamp() * 1000 == pytest.approx(moment)
    assert get(api, answer["id"].upper()) == found


def test_it_does_not_tell_who_asked(api: Client, home: dict[str, Any]) -> None:
    sent = {"X-Request-ID": "letter-to-olga"}
    answer = api.post("/api/predict/", home, content_type=JSON, headers=sent).json()
    found = api.get(f"/api/predictions/{answer['id']}/").content.decode()
    assert "letter-to-olga" not in found and "127.0.0.1" not in found


def test_a_refusal_is_there_too(api: Client, home: dict[str, Any]) -> None:
    refused = api.post("/api/predict/", home | {"bedrooms": -1}, content_type=JSON).json()
    found = get(api, refused["id"])
    assert (found["status"], found["response"]) == (422, None)
    assert found["error"]["code"] == "invalid-input"
    assert found["error"]["errors"] == refused["errors"]


def test_it_says_when_another_version_answers_by_now(api: Client, home: dict[str, Any]) -> None:
    answer = api.post("/api/predict/", home, content_type=JSON).json()
    ModelVersion.objects.filter(predictor="homes").update(is_active=False)
    found = get(api, answer["id"])
    assert (found["model"], found["is_active_model"]) == (answer["model"], False)
    api.post("/api/predict/", home, content_type=JSON)  # refused: no version is active
    assert get(api, str(Prediction.objects.latest("id").id))["model"] is None


def test_json_is_told_to_the_letter(api: Client, home: dict[str, Any]) -> None:
    sent = b'[1.0, 1.50, 1e999, "\\u00e9", {}]'
    row = row_of(datetime.now(UTC), request=sent, status=422, error=b'{"code": "x"}')
    record(row)
    found = api.get(f"/api/predictions/{uuid.UUID(bytes=row.id)}/")
    assert sent in found.content


@pytest.mark.parametrize(
    "identity",
    [
        "5a46da4a-9c1b-484a-a649-ce702ce97b6b",
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "1",
        "%00",
        "'; DROP TABLE predictions_prediction; --",
        "{01a20193-310e-705c-953a-7ff773457b53}",
        "01a20193310e705c953a7ff773457b53",
        "０1a20193-310e-705c-953a-7ff773457b53",
        "01a20193-310e-705c-953a-7ff773457b53%0A",
        "x" * 5000,
    ],
)
def test_an_id_that_nothing_has_is_not_found(api: Client, identity: str) -> None:
    response = api.get(f"/api/predictions/{identity}/")
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["code"] == "unknown-prediction"


def test_it_is_as_openapi_says(api: Client, home: dict[str, Any]) -> None:
    described = api.get("/api/schema/?format=json").json()
    schema = {"$ref": "#/components/schemas/RecordedPrediction", **described}
    for sent in (home, home | {"grade": 99}):
        identity = api.post("/api/predict/", sent, content_type=JSON).json()["id"]
        Draft202012Validator(schema).validate(get(api, identity))


def test_one_query_finds_it(
    api: Client, home: dict[str, Any], django_assert_num_queries: Any
) -> None:
    answer = api.post("/api/predict/", home, content_type=JSON).json()
    with django_assert_num_queries(1):
        get(api, answer["id"])
