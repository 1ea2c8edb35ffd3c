"""The admin, as an operator uses it."""

import re
import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from modelregistry.models import ModelVersion
from predictions.models import Prediction
from tests.predictions.versions.conftest import another

JSON = "application/json"


@pytest.fixture
def answered(api: Client, home: dict[str, Any]) -> Prediction:
    body = api.post("/api/predict/", home, content_type=JSON).json()
    return Prediction.objects.get(id=body["id"])


def test_it_works(admin_client: Client, answered: Prediction) -> None:
    for name in (
        "index",
        "modelregistry_modelversion_changelist",
        "predictions_prediction_changelist",
        "predictions_retention_changelist",
        "homes_sale_changelist",
        "homes_zipcodedemographics_changelist",
        "homes_dataload_changelist",
    ):
        page = admin_client.get(reverse(f"admin:{name}"))
        assert page.status_code == 200
        assert "Synthetic data" in page.content.decode()


def test_activating_is_an_action(admin_client: Client, active_version: ModelVersion) -> None:
    second = another()
    page = admin_client.post(
        reverse("admin:modelregistry_modelversion_changelist"),
        {"action": "activate", "_selected_action": [second.pk]},
        follow=True,
    )
    assert "now answers" in page.content.decode()
    assert ModelVersion.objects.active("homes").get() == second


def test_a_version_can_be_annotated_and_nothing_else(
    admin_client: Client, active_version: ModelVersion
) -> None:
    address = reverse("admin:modelregistry_modelversion_change", args=[active_version.pk])
    page = admin_client.get(address)
    assert page.status_code == 200
    # What the page's form sends by itself, for the lists below.
    text = page.content.decode()
    counts = re.findall(r'name="([a-z_]+-(?:TOTAL|INITIAL)_FORMS)" value="(\d+)"', text)
    sent = {"notes": "for the spring", "name": "forged", "is_active": "", **dict(counts)}
    assert admin_client.post(address, sent).status_code == 302
    active_version.refresh_from_db()
    assert (active_version.notes, active_version.name) == ("for the spring", "basic")
    assert active_version.is_active


@pytest.mark.parametrize("term", ["id", "request_id", "caller"])
def test_a_prediction_is_found(admin_client: Client, answered: Prediction, term: str) -> None:
    address = reverse("admin:predictions_prediction_changelist")
    page = admin_client.get(address, {"q": str(getattr(answered, term))})
    assert str(answered.id) in page.content.decode()
    other = admin_client.get(address, {"q": str(uuid.uuid4())})
    assert str(answered.id) not in other.content.decode()


@pytest.mark.parametrize("query", ["?status=200", "?predictor=homes", "?day=2014-05-02"])
def test_the_log_can_be_filtered(admin_client: Client, answered: Prediction, query: str) -> None:
    address = reverse("admin:predictions_prediction_changelist") + query
    assert admin_client.get(address).status_code == 200


def test_the_log_is_read_only(admin_client: Client, answered: Prediction) -> None:
    address = reverse("admin:predictions_prediction_change", args=[answered.pk])
    assert admin_client.get(address).status_code == 200
    assert admin_client.post(address, {"prediction": 1}).status_code == 403
    assert admin_client.post(address.replace("change", "delete")).status_code == 403
    answered.refresh_from_db()
    assert answered.prediction != 1
