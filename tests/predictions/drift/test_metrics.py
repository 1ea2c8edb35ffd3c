"""GET /metrics: what Prometheus reads of drift."""

from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from modelregistry.models import ModelVersion
from predictions.drift import services

from .asking import answered, larger, learned


def scraped(api: Client) -> dict[str, dict[str, float]]:
    """By name, by the input that a sample is of."""
    response = api.get("/metrics")
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain")
    return {
        family.name: {sample.labels.get("input", ""): sample.value for sample in family.samples}
        for family in text_string_to_metric_families(response.content.decode())
    }


def test_it_works(api: Client, active_version: ModelVersion) -> None:
    answered(active_version, larger(active_version, learned(active_version)[:400]))
    report = services.check(predictor_name="homes")
    assert report is not None
    found = scraped(api)
    assert found["housing_drift_alert"] == {"": 1.0}
    assert found["housing_drift_reference_changed"] == {"": 0.0}
    assert found["housing_drift_requests"] == {"": report.counted}
    assert 0 <= found["housing_drift_report_age_seconds"][""] < 60
    assert found["housing_drift_psi"] == {one["name"]: one["psi"] for one in report.features}
    assert found["housing_drift_psi"]["sqft_living"] > 0.25
    assert found["housing_drift_unknown_ratio"].keys() == found["housing_drift_psi"].keys()
    assert found["housing_drift_prediction_psi"] == {"": report.prediction["psi"]}


def test_what_was_not_judged_has_no_index(api: Client, active_version: ModelVersion) -> None:
    assert services.check(predictor_name="homes") is not None
    found = scraped(api)
    assert found["housing_drift_alert"] == {"": 0.0}
    assert found["housing_drift_psi"] == {} == found["housing_drift_prediction_psi"]
