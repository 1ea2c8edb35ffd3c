"""The admin's pages of drift."""

from django.test import Client
from django.urls import reverse

from modelregistry.models import ModelVersion
from predictions.drift import services
from predictions.drift.models import DriftPolicy

from .asking import answered, larger, learned


def test_it_works(admin_client: Client, active_version: ModelVersion) -> None:
    answered(active_version, larger(active_version, learned(active_version)[:400]))
    report = services.check(predictor_name="homes")
    assert report is not None
    page = admin_client.get(reverse("admin:drift_driftreport_changelist")).content.decode()
    assert "homes 1" in page and "alert" in page
    page = admin_client.get(
        reverse("admin:drift_driftreport_change", args=[report.pk])
    ).content.decode()
    assert "sqft_living: PSI 0." in page
    places = [page.index(f"<td>{feature['name']}</td>") for feature in report.features]
    assert places == sorted(places)
    profiles = admin_client.get(reverse("admin:drift_trainingprofile_changelist"))
    assert profiles.status_code == 200


def test_a_policy_is_edited(admin_client: Client) -> None:
    form = {
        "predictor": "homes",
        "enabled": "on",
        "window_hours": 48,
        "least_requests": 500,
        "psi_threshold": 0.2,
        "unknown_threshold": 0.1,
        "false_alarms": 0.01,
        "webhook_url": "https://example.org/hooks/7",
    }
    add = reverse("admin:drift_driftpolicy_add")
    assert admin_client.post(add, {**form, "webhook_url": "file:///x"}).status_code == 200
    assert not DriftPolicy.objects.exists()
    assert admin_client.post(add, form).status_code == 302
    assert services.policy_of("homes").window_hours == 48
