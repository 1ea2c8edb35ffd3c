"""GET /api/drift/ and one report."""

from typing import Any

import pytest
from django.test import Client

from modelregistry.models import ModelVersion
from predictions.drift import services

from .asking import answered, larger, learned


@pytest.fixture
def alert(active_version: ModelVersion) -> int:
    answered(active_version, larger(active_version, learned(active_version)[:400]))
    report = services.check(predictor_name="homes")
    assert report is not None
    return report.pk


def codes_of(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


def test_it_works(api: Client, alert: int) -> None:
    body = api.get("/api/drift/?predictor=homes").json()
    assert body["newest"]["id"] == alert == body["reports"][0]["id"]
    assert body["newest"]["is_alert"] and body["newest"]["begins"]
    assert {"reason", "input", "psi", "limit", "text"} == body["newest"]["reasons"][0].keys()
    assert "features" not in body["reports"][0]
    assert api.get(f"/api/drift/{alert}/").json() == body["newest"]


def test_inputs_come_with_the_largest_index_first(api: Client, alert: int) -> None:
    features = api.get(f"/api/drift/{alert}/").json()["features"]
    found = [feature["psi"] for feature in features]
    assert found == sorted(found, reverse=True)
    (living,) = [one for one in features if one["name"] == "sqft_living"]
    assert living["band"] == "shifted"
    assert living["median"] > 1.2 * living["training_median"]


def test_before_the_first_report_there_is_none(api: Client) -> None:
    body = api.get("/api/drift/?predictor=homes").json()
    assert body == {"predictor": "homes", "newest": None, "reports": []}


def test_what_it_cannot_know_is_refused(api: Client) -> None:
    assert codes_of(api.get("/api/drift/?predictor=boats")) == (404, "unknown-predictor")
    assert codes_of(api.get("/api/drift/999999999999999999999/")) == (404, "unknown-report")
    wrong = api.get("/api/drift/?window=3&windo=3")
    assert codes_of(wrong) == (422, "invalid-input")
    assert [fault["field"] for fault in wrong.json()["errors"]] == ["windo", "window", "predictor"]


def test_it_is_as_openapi_says(api: Client, alert: int) -> None:
    schemas = api.get("/api/schema/?format=json").json()["components"]["schemas"]
    newest = api.get(f"/api/drift/{alert}/").json()
    assert newest.keys() == schemas["DriftReport"]["properties"].keys()
    assert newest["features"][0].keys() == schemas["DriftFeature"]["properties"].keys()
    assert newest["prediction"].keys() <= schemas["DriftShift"]["properties"].keys()
