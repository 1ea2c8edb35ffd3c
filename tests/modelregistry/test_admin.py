"""The registry in the admin: read, switched, never deleted."""

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from modelregistry.models import Activation, ModelVersion, ServingProcess
from modelregistry.services import activate_version

VERSIONS = reverse("admin:modelregistry_modelversion_changelist")
ROLL_BACK = reverse("admin:modelregistry_modelversion_roll_back")
FORM = {"_form_submitted": "True", "predictor": "homes", "reason": "worse on waterfront"}


@pytest.fixture
def second(active_version: ModelVersion) -> ModelVersion:
    """The active one once more, under the next number."""
    version = ModelVersion.objects.get(pk=active_version.pk)
    version.pk, version.version, version.is_active = None, 2, False
    version.save()
    return version


@pytest.fixture
def reader(db: None) -> Client:
    """Staff who may look and nothing else."""
    user = User.objects.create_user("vera", is_staff=True)
    permissions = Permission.objects.filter(content_type__app_label="modelregistry")
    user.user_permissions.set(permissions.filter(codename__startswith="view"))
    client = Client()
    client.force_login(user)
    return client


def text(page: Any) -> str:
    assert page.status_code == 200
    return str(page.content.decode())


def test_it_works(admin_client: Client, second: ModelVersion) -> None:
    """Activated, rolled back, and both are in the history."""
    page = text(admin_client.get(VERSIONS))
    assert "passed" in page and "fast" in page and "Roll back" in page
    chosen = {"action": "activate", "_selected_action": [second.pk]}
    assert "homes 2 (basic) now answers" in text(admin_client.post(VERSIONS, chosen, follow=True))
    assert "before the active one" in text(admin_client.get(ROLL_BACK))
    done = admin_client.post(ROLL_BACK, FORM)
    assert done["HX-Redirect"] == VERSIONS
    assert "homes 1 (basic) now answers" in text(admin_client.get(VERSIONS))
    assert ModelVersion.objects.active("homes").get().version == 1
    newest = Activation.objects.latest("id")
    assert (newest.actor, newest.reason) == ("admin (admin)", "rollback: worse on waterfront")
    history = text(admin_client.get(reverse("admin:modelregistry_activation_changelist")))
    assert "rollback: worse on waterfront" in history


def test_rolling_back_with_nothing_before_says_so(admin_client: Client, db: None) -> None:
    admin_client.post(ROLL_BACK, FORM)
    assert "was active before this one" in text(admin_client.get(VERSIONS))


def test_a_rollback_needs_a_predictor_that_exists(admin_client: Client, second: Any) -> None:
    activate_version(predictor="homes", version=2, actor="me")
    for wrong in ({"predictor": "horses"}, {"reason": "\x00"}, {"reason": "x" * 1001}):
        assert "HX-Redirect" not in admin_client.post(ROLL_BACK, FORM | wrong)
    assert ModelVersion.objects.active("homes").get() == second


def test_looking_at_the_button_rolls_nothing_back(admin_client: Client, second: Any) -> None:
    activate_version(predictor="homes", version=2, actor="me")
    admin_client.get(ROLL_BACK, FORM)
    assert ModelVersion.objects.active("homes").get() == second


def test_who_may_only_look_cannot_switch(reader: Client, second: ModelVersion) -> None:
    activate_version(predictor="homes", version=2, actor="me")
    assert "Roll back" not in text(reader.get(VERSIONS))
    assert reader.post(ROLL_BACK, FORM).status_code == 403
    reader.post(VERSIONS, {"action": "activate", "_selected_action": [1]})
    assert ModelVersion.objects.active("homes").get() == second


def test_a_version_shows_its_gate_metrics_and_proof(
    admin_client: Client, active_version: ModelVersion
) -> None:
    active_version.gate_reason = "registered before there was a gate"
    active_version.save()
    address = reverse("admin:modelregistry_modelversion_change", args=[active_version.pk])
    page = text(admin_client.get(address))
    assert "registered before there was a gate" in page
    assert f"test.r2: {active_version.metrics['test']['r2']}" in page
    assert "equal: True" in page
    assert "last_files_sha256" in page


@pytest.mark.parametrize("metrics", [{"test": 5}, {"test": {"r2": "<b>high</b>"}}, {}])
def test_metrics_of_any_shape_are_shown(
    admin_client: Client, active_version: ModelVersion, metrics: dict[str, Any]
) -> None:
    ModelVersion.objects.update(metrics=metrics)
    address = reverse("admin:modelregistry_modelversion_change", args=[active_version.pk])
    assert "<b>high" not in text(admin_client.get(VERSIONS)) + text(admin_client.get(address))


def test_a_fault_of_a_process_is_told_on_the_list_of_versions(
    admin_client: Client, active_version: ModelVersion
) -> None:
    assert "not answer with the active version" not in text(admin_client.get(VERSIONS))
    for pid in (7, 8):
        ServingProcess.objects.create(
            process=uuid4(), host="web-1", pid=pid, predictor="homes", fault="homes 2: no file"
        )
    page = text(admin_client.get(VERSIONS))
    assert "2 web processes do not answer with the active version of homes: homes 2: no" in page
    processes = reverse("admin:modelregistry_servingprocess_changelist")
    assert "homes 2: no file" in text(admin_client.get(processes))


@pytest.mark.parametrize("name", ["activation", "servingprocess", "modelversion"])
def test_nothing_is_added_or_deleted(
    admin_client: Client, active_version: ModelVersion, name: str
) -> None:
    ServingProcess.objects.create(
        process=uuid4(), host="web-1", pid=7, predictor="homes", model_version=active_version
    )
    row = {
        "activation": Activation.objects.latest("id"),
        "servingprocess": ServingProcess.objects.get(),
        "modelversion": active_version,
    }[name]
    base = f"admin:modelregistry_{name}"
    assert admin_client.get(reverse(f"{base}_change", args=[row.pk])).status_code == 200
    assert admin_client.post(reverse(f"{base}_add"), {}).status_code == 403
    deletion = reverse(f"{base}_delete", args=[row.pk])
    assert admin_client.post(deletion, {"post": "yes"}).status_code == 403
    everything = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    admin_client.post(reverse(f"{base}_changelist"), everything)
    assert type(row)._default_manager.filter(pk=row.pk).exists()


@pytest.mark.parametrize("name", ["activation", "servingprocess"])
def test_what_was_cannot_be_changed(admin_client: Client, active_version: Any, name: str) -> None:
    ServingProcess.objects.create(process=uuid4(), host="web-1", pid=7, predictor="homes")
    row = Activation.objects.latest("id") if name == "activation" else ServingProcess.objects.get()
    address = reverse(f"admin:modelregistry_{name}_change", args=[row.pk])
    assert admin_client.post(address, {"actor": "forged", "fault": ""}).status_code == 403
