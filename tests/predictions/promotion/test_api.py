"""Policies and decisions over HTTP, and in the admin."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from modelregistry.models import Activation, ModelVersion
from predictions.promotion.models import LIMITS, GuardIntervention, PromotionPolicy
from predictions.promotion.services import decide
from tests.predictions.versions.conftest import quick_passwords, staff

__all__ = ["quick_passwords"]
POLICY = "/api/models/homes/policy/"
PROMOTION = "/api/models/homes/1/promotion/"


@pytest.fixture
def paula(db: None) -> dict[str, str]:
    """Who decides how versions come to answer."""
    return staff("paula", "change_promotionpolicy")


def post(api: Client, body: Any, headers: dict[str, str]) -> Any:
    content = body if isinstance(body, str) else json.dumps(body)
    return api.post(POLICY, content, content_type="application/json", headers=headers)


def holds(api: Client, document: Any, name: str) -> None:
    schema = api.get("/api/schema/?format=json").json()
    Draft202012Validator({"$ref": f"#/components/schemas/{name}", **schema}).validate(document)


def test_it_works(api: Client, paula: dict[str, str]) -> None:
    before = api.get(POLICY).json()
    assert (before["mode"], before["guard_on"], before["updated_at"]) == ("manual", True, None)
    response = post(api, {"mode": "if_better", "threshold": 0.5, "guard_requests": 500}, paula)
    assert response.status_code == 200
    after = response.json()
    assert after == api.get(POLICY).json()
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"mode", "threshold", "guard_requests", "updated_at", "updated_by"}
    assert after["updated_by"] == "paula (API)"
    holds(api, before, "Policy")
    holds(api, after, "Policy")


def test_decisions_and_interventions_of_a_version_are_shown(
    api: Client, active_version: ModelVersion
) -> None:
    assert api.get(PROMOTION).json()["decisions"] == []
    decide(candidate=active_version, held_out=None, actor="run 7")
    GuardIntervention.objects.create(
        activation=Activation.objects.latest("id"),
        version=active_version,
        outcome="stood_still",
        reason="30 of 30 predictions failed",
        policy={},
        numbers={"requests": 30},
    )
    found = api.get(PROMOTION).json()
    assert (found["version"], found["is_active"]) == (1, True)
    (decision,) = found["decisions"]
    assert (decision["outcome"], decision["against"], decision["actor"]) == ("manual", 1, "run 7")
    (intervention,) = found["interventions"]
    assert (intervention["outcome"], intervention["to"]) == ("stood_still", None)
    holds(api, found, "Promotion")


def test_every_wrong_term_is_named(api: Client, paula: dict[str, str]) -> None:
    wrong: dict[str, Any] = {
        "mode": "always",
        "guard_on": 1,
        "share": 1.0,
        "sample_floor": 60.5,
        "threshold": "NaN",
        "least_coverage": None,
        "guard_requests": 10**9,
        "guards": True,
    }
    response = post(api, wrong, paula)
    assert (response.status_code, response.json()["code"]) == (422, "invalid-input")
    assert {error["field"] for error in response.json()["errors"]} == set(wrong)
    assert not PromotionPolicy.objects.exists()


def test_a_guard_that_could_never_fire_is_refused(api: Client, paula: dict[str, str]) -> None:
    response = post(api, {"guard_requests": 10}, paula)
    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == ["guard_sample_floor"]
    assert not PromotionPolicy.objects.exists()
    assert post(api, {"guard_requests": 10, "guard_sample_floor": 10}, paula).status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [("{", 400, "malformed-json"), ("[]", 422, "not-an-object"), ("{}", 200, None)],
)
def test_a_body_that_is_no_object_is_refused(
    api: Client, paula: dict[str, str], body: str, status: int, code: str | None
) -> None:
    response = post(api, body, paula)
    assert (response.status_code, response.json().get("code")) == (status, code)


def test_who_may_train_or_activate_may_not_change_the_policy(api: Client) -> None:
    vera = staff("vera", "change_modelversion", "add_modelversion", "view_promotionpolicy")
    response = post(api, {"mode": "if_better"}, vera)
    assert (response.status_code, response.json()["code"]) == (403, "forbidden")
    assert "promotion.change_promotionpolicy" in response.json()["detail"]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/api/models/horses/policy/", "unknown-predictor"),
        ("/api/models/horses/1/promotion/", "unknown-predictor"),
        ("/api/models/homes/99/promotion/", "unknown-version"),
    ],
)
def test_what_is_not_there_is_a_404(api: Client, path: str, code: str) -> None:
    response = api.get(path)
    assert (response.status_code, response.json()["code"]) == (404, code)


@pytest.mark.parametrize("name", LIMITS)
def test_the_database_refuses_what_is_beyond_the_limits(db: None, name: str) -> None:
    smallest, largest = LIMITS[name]
    policy = PromotionPolicy.objects.create(predictor="homes")
    for value in (smallest - 1, largest + 1):
        with pytest.raises(IntegrityError), transaction.atomic():
            PromotionPolicy.objects.filter(pk=policy.pk).update(**{name: value})


def test_the_admin_changes_policies_and_shows_the_rest(
    client: Client, active_version: ModelVersion
) -> None:
    client.force_login(User.objects.create_superuser("ada"))
    decision = decide(candidate=active_version, held_out=None, actor="run 7")
    add = reverse("admin:promotion_promotionpolicy_add")
    terms = {**PromotionPolicy().terms, "predictor": "homes", "guard_requests": 10}
    response = client.post(add, terms)
    assert "guard_sample_floor: at most guard_requests" in response.content.decode()
    assert client.post(add, terms | {"guard_requests": 300}).status_code == 302
    policy = PromotionPolicy.objects.get()
    assert (policy.guard_requests, policy.updated_by) == (300, "ada (admin)")
    pages = [
        reverse("admin:promotion_promotionpolicy_change", args=[policy.pk]),
        reverse("admin:promotion_promotiondecision_changelist"),
        reverse("admin:promotion_promotiondecision_change", args=[decision.pk]),
        reverse("admin:promotion_guardintervention_changelist"),
        reverse("admin:modelregistry_modelversion_change", args=[active_version.pk]),
    ]
    for page in pages:
        assert client.get(page).status_code == 200
    assert "the policy is manual" in client.get(pages[-1]).content.decode()
