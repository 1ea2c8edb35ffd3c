"""POST /api/outcomes/: what became of predictions."""

import json
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from modelregistry.models import ModelVersion
from predictions.outcomes.models import Outcome, OutcomeRevision
from predictions.outcomes.services import MOST_AT_ONCE
from predictors.homes.models import DataLoad, Sale
from tests.predictions.outcomes.conftest import Post
from tests.predictions.versions.conftest import staff

SOLD = {"actual": 437_500, "date": "2026-05-01"}


def test_it_works(post: Post, answer: dict[str, Any], home: dict[str, Any]) -> None:
    response = post({"id": answer["id"], **SOLD})
    assert response.status_code == 200
    assert response.json() == {
        "recorded": 1,
        "corrected": 0,
        "unchanged": 0,
        "refused": 0,
        "unmatched": 0,
        "items": [
            {
                "id": answer["id"],
                "result": "recorded",
                "training_data": {"result": "added", "reason": ""},
            }
        ],
    }
    outcome = Outcome.objects.get()
    assert (outcome.actual, outcome.date) == (437_500, date(2026, 5, 1))
    assert outcome.prediction == answer["prediction"]
    assert outcome.model_version.version == answer["model"]["version"]
    assert outcome.groups == {"zipcode": home["zipcode"]}
    assert (outcome.source, outcome.recorded_by) == ("api", "otto")


def test_said_again_changes_nothing(post: Post, answer: dict[str, Any]) -> None:
    post({"id": answer["id"], **SOLD})
    before = Outcome.objects.values().get()
    assert post({"id": answer["id"], **SOLD}).json()["unchanged"] == 1
    assert Outcome.objects.values().get() == before
    assert OutcomeRevision.objects.count() == 1


def test_said_again_it_is_learned_from_if_it_was_not_yet(
    post: Post, answer: dict[str, Any]
) -> None:
    said = {"id": answer["id"], **SOLD}
    kind = DataLoad.objects.filter(dataset="sales")
    kind.update(is_synthetic=False)
    assert post([said]).json()["items"][0]["training_data"]["result"] == "left out"
    kind.update(is_synthetic=True)
    first_value = Outcome.objects.values("actual", "recorded_at").get()
    for more, expected in (
        ({}, {"result": "added", "reason": ""}),
        ({}, None),
        ({"parcel": "7"}, {"result": "corrected", "reason": ""}),
        ({"parcel": "7"}, None),
    ):
        (item,) = post([{**said, **more}]).json()["items"]
        assert (item["result"], item.get("training_data")) == ("unchanged", expected)
    assert Outcome.objects.get().kept_as == Sale.objects.latest("id").parcel == "0000000007"
    assert Outcome.objects.values("actual", "recorded_at").get() == first_value
    assert OutcomeRevision.objects.count() == 1


@pytest.mark.parametrize("change", [{"actual": 440_000.5}, {"date": "2026-05-02"}])
def test_a_correction_keeps_what_it_corrects(
    post: Post, answer: dict[str, Any], change: dict[str, Any]
) -> None:
    post({"id": answer["id"], **SOLD})
    assert post({"id": answer["id"], **SOLD, **change}).json()["corrected"] == 1
    outcome = Outcome.objects.get()
    assert [outcome.actual, str(outcome.date)] == list({**SOLD, **change}.values())
    new, old = outcome.revisions.all()
    assert (old.actual, str(old.date)) == (437_500, "2026-05-01")
    assert (new.actual, new.date) == (outcome.actual, outcome.date)
    assert new.recorded_by == "otto"


@pytest.mark.parametrize("statement", ["UPDATE {} SET actual = 1", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_database_refuses_to_change_history(
    post: Post, answer: dict[str, Any], statement: str
) -> None:
    post({"id": answer["id"], **SOLD})
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(DatabaseError, match="keeps what was"), transaction.atomic():
            cursor.execute(statement.format("outcomes_outcomerevision"))


def test_of_a_list_each_item_has_its_result(
    api: Client, post: Post, answer: dict[str, Any], home: dict[str, Any]
) -> None:
    wrong = api.post("/api/predict/", {**home, "bedrooms": -1}, content_type="application/json")
    tomorrow = (datetime.now(UTC).date() + timedelta(days=1)).isoformat()
    other = api.post("/api/predict/", home, content_type="application/json").json()["id"]
    items = [
        {"id": answer["id"], **SOLD},
        {"id": str(uuid.uuid4()), **SOLD},
        {"id": wrong.json()["id"], **SOLD},
        {"id": other, "actual": 12, "date": tomorrow},
        {"id": answer["id"], "actual": 1_000_000, "date": "2026-05-01"},
        {"id": "7", "actual": "much", "date": "yesterday", "who": "me"},
        ["no object"],
        {},
        {"id": other, "actual": float("nan"), "date": "2026-02-28"},
        {"id": other, "actual": 1e6, "date": "2026-02-30"},
    ]
    response = post(json.dumps(items))
    assert response.status_code == 200
    found = response.json()
    assert (found["recorded"], found["refused"]) == (1, 9)
    assert [item["item"] for item in found["items"]] == list(range(10))
    faults = [{fault["field"] for fault in item.get("errors", [])} for item in found["items"]]
    assert faults == [
        set(),
        {"id"},
        {"id"},
        {"actual", "date"},
        {"id"},
        {"id", "actual", "date", "who"},
        {"body"},
        {"id", "actual", "date"},
        {"actual"},
        {"date"},
    ]
    assert "refused (status 422)" in found["items"][2]["errors"][0]["detail"]
    assert Outcome.objects.get().actual == 437_500


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"id": str(uuid.uuid4()), **SOLD}, {"id"}),
        (
            {"id": 7, "actual": True, "date": 5, "parcel": 1.5},
            {"id", "actual", "date", "parcel"},
        ),
        ("7", {"body"}),
        ("[]", {"body"}),
    ],
)
def test_one_that_is_refused_is_a_problem(post: Post, body: Any, fields: set[str]) -> None:
    response = post(body)
    assert (response.status_code, response.json()["code"]) == (422, "invalid-input")
    assert {fault["field"] for fault in response.json()["errors"]} == fields
    assert not Outcome.objects.exists()


def test_a_list_that_is_too_long_is_refused_whole(post: Post, answer: dict[str, Any]) -> None:
    response = post([{"id": answer["id"], **SOLD}] * (MOST_AT_ONCE + 1))
    assert response.status_code == 422
    assert "10,000" in response.json()["errors"][0]["accepted"]


def test_a_body_that_is_too_large_is_refused(post: Post, settings: Any) -> None:
    settings.MAX_OUTCOMES_BYTES = 10
    assert post({"id": str(uuid.uuid4()), **SOLD}).status_code == 413


def test_only_staff_with_the_permission_may(api: Client, answer: dict[str, Any]) -> None:
    body = {"id": answer["id"], **SOLD}
    vera = staff("vera", "view_outcome")
    response = api.post("/api/outcomes/", body, content_type="application/json")
    assert response.status_code == 401
    response = api.post("/api/outcomes/", body, content_type="application/json", headers=vera)
    assert response.status_code == 403
    assert "outcomes.add_outcome" in response.json()["detail"]


def test_a_correction_needs_the_log_no_more(
    post: Post, active_version: ModelVersion, home: dict[str, Any]
) -> None:
    """As if the month of the prediction had been dropped."""
    gone = uuid.uuid4()
    Outcome.objects.create(
        prediction_id=gone,
        predictor="homes",
        model_version=active_version,
        prediction=400_000,
        actual=500_000,
        date=date(2025, 1, 1),
        predicted_at=datetime.now(UTC),
        recorded_at=datetime.now(UTC),
        source="api",
        recorded_by="otto",
        is_synthetic=True,
    )
    (item,) = post([{"id": str(gone), **SOLD}]).json()["items"]
    assert item["result"] == "corrected"
    assert item["training_data"]["result"] == "left out"
    assert Outcome.objects.get().actual == 437_500


def test_of_a_request_without_all_facts_there_is_an_outcome_but_no_sale(
    api: Client, post: Post, minimal_home: dict[str, Any]
) -> None:
    asked = api.post("/api/predict/minimal/", minimal_home, content_type="application/json").json()
    before = Sale.objects.count()
    (item,) = post({"id": asked["id"], **SOLD}).json()["items"]
    assert item["result"] == "recorded"
    assert item["training_data"]["result"] == "left out"
    assert "without waterfront" in item["training_data"]["reason"]
    assert Sale.objects.count() == before
