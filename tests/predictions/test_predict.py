"""POST /api/predict/ and /api/predict/minimal/, answered."""

import csv
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from modelregistry.models import ModelVersion
from modelregistry.runtime import active_model
from predictions.models import Prediction
from predictors.homes.frames import demographics_frame
from predictors.homes.models import ZipcodeDemographics

JSON = "application/json"


def test_it_works(api: Client, home: dict[str, Any], active_version: ModelVersion) -> None:
    response = api.post("/api/predict/", home, content_type=JSON)
    assert response.status_code == 200
    body = response.json()
    assert body["prediction"] > 50_000
    assert body["currency"] == "USD"
    assert body["model"] == {
        "predictor": "homes",
        "name": "basic",
        "version": active_version.version,
        "digest": active_version.digest,
    }
    assert body["data"] == "synthetic"
    assert body["demographics"]["zipcode"] == "98118"
    assert "zipcode_demographics.csv" in body["demographics"]["source"]
    assert response["X-Model-Version"] == f"homes/{active_version.version}"
    assert response["X-API-Version"] == body["api_version"] == "1.0.0"


def test_the_minimal_endpoint_gives_the_same_estimate(
    api: Client, home: dict[str, Any], minimal_home: dict[str, Any]
) -> None:
    full = api.post("/api/predict/", home, content_type=JSON).json()
    minimal = api.post("/api/predict/minimal/", minimal_home, content_type=JSON).json()
    assert minimal["prediction"] == full["prediction"]


def test_the_minimal_endpoint_says_what_it_needs(api: Client, minimal_home: dict[str, Any]) -> None:
    body = api.get("/api/predict/minimal/").json()
    assert set(body["required"]) == set(minimal_home)
    assert body["fields"]["bedrooms"]["maximum"] == 50


def test_every_future_example_is_valued_as_the_pipeline_itself_does(
    api: Client, data_folder: Path
) -> None:
    model = active_model("homes")
    demographics = demographics_frame().set_index("zipcode")
    with (data_folder / "future_unseen_examples.csv").open() as file:
        homes = list(csv.DictReader(file))
    assert len(homes) == 100
    for row in homes:
        zipcode = row.pop("zipcode")
        home: dict[str, Any] = {name: float(text) for name, text in row.items()}
        home["zipcode"] = zipcode
        known = home | {str(name): value for name, value in demographics.loc[zipcode].items()}
        frame = demographics.reset_index()[:1].assign(**known)[list(model.feature_names)]
        expected = float(model.estimator.predict(frame)[0])
        minimal = {
            name: value
            for name, value in home.items()
            if name in model.feature_names or name == "zipcode"
        }
        for path, body in (("/api/predict/", home), ("/api/predict/minimal/", minimal)):
            assert api.post(path, body, content_type=JSON).json()["prediction"] == expected


@pytest.mark.real_data
def test_the_first_future_example_is_worth_458_520(api: Client, data_folder: Path) -> None:
    if data_folder.name == "sample":
        return
    with (data_folder / "future_unseen_examples.csv").open() as file:
        row: dict[str, Any] = dict(next(csv.DictReader(file)))
    home = {name: text if name == "zipcode" else float(text) for name, text in row.items()}
    body = api.post("/api/predict/", home, content_type=JSON).json()
    assert body["prediction"] == 458_520
    assert body["data"] == "real"


@pytest.mark.parametrize("zipcode", ["98118", 98118])
def test_a_zipcode_is_text_or_a_number(api: Client, home: dict[str, Any], zipcode: object) -> None:
    response = api.post("/api/predict/", {**home, "zipcode": zipcode}, content_type=JSON)
    assert response.status_code == 200
    assert response.json()["demographics"]["zipcode"] == "98118"


@pytest.mark.parametrize(
    "change",
    [
        {"bedrooms": 33},
        {"bedrooms": 0},
        {"sqft_lot": 520},
        {"bedrooms": 3.0},
        {"floors": 2},
        {"sqft_living": 13_540, "sqft_above": 9_410, "sqft_basement": 4_130},
    ],
)
def test_unusual_homes_that_exist_are_valued(
    api: Client, home: dict[str, Any], change: dict[str, Any]
) -> None:
    response = api.post("/api/predict/", {**home, **change}, content_type=JSON)
    assert response.status_code == 200, response.json()


def test_the_audit_row_holds_question_features_and_answer(
    api: Client, home: dict[str, Any], active_version: ModelVersion
) -> None:
    response = api.post(
        "/api/predict/", home, content_type=JSON, headers={"X-Request-ID": "visit-42"}
    )
    body = response.json()
    row = Prediction.objects.get(id=body["id"])
    assert row.request == home
    assert row.response == body
    assert row.prediction == body["prediction"]
    assert row.model_version == active_version
    assert row.features is not None
    assert list(row.named_features) == active_version.feature_names
    census = ZipcodeDemographics.objects.get(zipcode="98118")
    assert row.named_features["hous_val_amt"] == census.hous_val_amt
    assert (row.status, row.predictor, row.endpoint) == (200, "homes", "/api/predict/")
    assert row.request_id == response["X-Request-ID"] == "visit-42"
    assert row.caller == "127.0.0.1"
    assert row.api_version == "1.0.0"
    assert row.latency_ms > 0
    assert row.error is None


def test_ids_are_uuid7_and_sort_by_time(api: Client, home: dict[str, Any]) -> None:
    ids = [api.post("/api/predict/", home, content_type=JSON).json()["id"] for _ in range(5)]
    assert ids == sorted(ids)
    assert {uuid.UUID(text).version for text in ids} == {7}


def test_an_unacceptable_request_id_is_replaced(api: Client, home: dict[str, Any]) -> None:
    response = api.post(
        "/api/predict/", home, content_type=JSON, headers={"X-Request-ID": "a b\tc" * 100}
    )
    assert len(response["X-Request-ID"]) == 32
