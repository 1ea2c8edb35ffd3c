"""GET /api/models/…: which versions there are, and all that is known of each."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client

from modelregistry.models import ModelVersion
from modelregistry.services import activate_version, rollback


def get(api: Client, path: str = "") -> Any:
    response = api.get(f"/api/models/{path}")
    assert response.status_code == 200
    return response.json()


def test_it_works(api: Client, active_version: ModelVersion, second: ModelVersion) -> None:
    listed = {found["predictor"]: found for found in get(api)["predictors"]}
    assert listed.keys() == {"homes", "bitcoin"}
    assert listed["homes"] == {
        "predictor": "homes",
        "versions": 2,
        "active": {
            "version": active_version.version,
            "name": "basic",
            "digest": active_version.digest,
        },
    }
    found = get(api, "homes/")
    assert found["active"] == active_version.version
    assert [version["version"] for version in found["versions"]] == [2, 1]
    newest = found["versions"][0]
    assert (newest["gate"], newest["gate_reason"], newest["engine"]) == ("passed", "", "fast")
    assert (newest["is_active"], newest["data"]) == (False, "synthetic")
    assert newest["headline"] == {"part": "test", **second.metrics["test"]}
    assert newest["created_at"] and "created_by" in newest


def test_a_version_tells_everything_about_itself(api: Client, active_version: ModelVersion) -> None:
    found = get(api, f"homes/{active_version.version}/")
    assert found["metrics"] == active_version.metrics
    assert found["trained_on"]["fingerprint"]
    assert found["features"] == active_version.feature_names
    assert found["digest"] == f"sha256:{active_version.model_sha256}"
    assert found["features_digest"] == f"sha256:{active_version.features_sha256}"
    assert found["library_versions"]["scikit-learn"]
    assert found["code_version"].startswith("1.")
    assert found["engine_proof"]["equal"] is True
    assert found["golden_rows"] == len(active_version.golden["rows"]) > 0
    assert [row["to"] for row in found["history"]] == [active_version.version]


def test_the_history_tells_who_and_why_newest_first(
    api: Client, active_version: ModelVersion, second: ModelVersion
) -> None:
    activate_version(predictor="homes", version=2, actor="olga (API)", reason="spring prices")
    rollback(predictor="homes", actor="ivan (admin)")
    newest, before, *_ = get(api, "homes/")["history"]
    assert (newest["from"], newest["to"]) == (2, 1)
    assert (newest["actor"], newest["reason"]) == ("ivan (admin)", "rollback")
    assert (before["from"], before["to"]) == (1, 2)
    assert (before["actor"], before["reason"]) == ("olga (API)", "spring prices")
    assert newest["database_user"] and newest["at"] >= before["at"]
    assert [row["to"] for row in get(api, "homes/2/")["history"]] == [1, 2]


def test_a_switch_by_sql_is_in_the_history(
    api: Client, active_version: ModelVersion, second: ModelVersion
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE modelregistry_modelversion SET is_active = (version = 2) "
            "WHERE predictor = 'homes'"
        )
    newest = get(api, "homes/")["history"][0]
    assert (newest["from"], newest["to"], newest["actor"]) == (1, 2, "sql")


def test_only_the_last_50_switches_are_shown(
    api: Client, active_version: ModelVersion, second: ModelVersion
) -> None:
    for number in [2, 1] * 26:
        ModelVersion.objects.active("homes").update(is_active=False)
        ModelVersion.objects.of("homes").filter(version=number).update(is_active=True)
    assert len(get(api, "homes/")["history"]) == 50
    assert len(get(api, "homes/2/")["history"]) == 50


def test_without_an_active_version_that_is_what_is_said(api: Client) -> None:
    ModelVersion.objects.update(is_active=False)
    assert get(api)["predictors"][0]["active"] is None
    assert get(api, "homes/")["active"] is None
    assert get(api, "homes/")["history"][0]["to"] is None
    assert get(api, "homes/serving/")["active"] is None


@pytest.mark.parametrize(
    "metrics",
    [{"test": 5}, {"test": {"r2": "high", "rmse": None, "mae": True}}, {"rmse": 10**30}, {}],
)
def test_metrics_of_any_shape_are_shown(
    api: Client, active_version: ModelVersion, metrics: dict[str, Any]
) -> None:
    ModelVersion.objects.filter(pk=active_version.pk).update(metrics=metrics)
    assert get(api, "homes/1/")["metrics"] == metrics
    headline = get(api, "homes/")["versions"][0]["headline"]
    assert not headline.keys() & {"r2", "rmse", "mae"}


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("horses/", "unknown-predictor"),
        ("horses/1/", "unknown-predictor"),
        ("horses/serving/", "unknown-predictor"),
        ("ho%00mes/", "unknown-predictor"),
        ("homes/0/", "unknown-version"),
        ("homes/99/", "unknown-version"),
        ("homes/99999999999999999999/", "unknown-version"),
        (f"homes/{'9' * 5000}/", "not-found"),
        ("homes/-1/", "not-found"),
        ("homes/one/", "not-found"),
    ],
)
def test_what_is_not_there_is_a_404_that_says_so(api: Client, path: str, code: str) -> None:
    response = api.get(f"/api/models/{path}")
    assert (response.status_code, response.json()["code"]) == (404, code)
    assert response["Content-Type"] == "application/problem+json"
