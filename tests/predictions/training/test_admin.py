"""Training in the admin: looked at, begun, cancelled."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from predictions.training.models import TrainingRun

LIST = "/admin/training/trainingrun/"
TRAIN = f"{LIST}train/"
# What the dialog sends besides.
SENT = {"_form_submitted": "True"}


def latest() -> TrainingRun:
    return TrainingRun.objects.latest("id")


def test_it_works(admin_client: Client) -> None:
    assert "Train" in admin_client.get(LIST).content.decode()
    assert "homes, recipe champion" in admin_client.get(TRAIN).content.decode()
    response = admin_client.post(TRAIN, {"what": "homes champion", "forced": "on", **SENT})
    assert response["HX-Redirect"] == reverse("admin:training_trainingrun_changelist")
    run = latest()
    assert (run.predictor, run.recipe, run.state) == ("homes", "champion", "queued")
    assert (run.trigger, run.requested_by, run.forced) == ("admin", "admin", True)


def test_a_second_one_is_told_which_run_there_is(admin_client: Client) -> None:
    admin_client.post(TRAIN, {"what": "homes basic", **SENT})
    admin_client.post(TRAIN, {"what": "homes basic", **SENT})
    page = admin_client.get(LIST).content.decode()
    assert f"run {latest().pk} of homes is queued" in page


def test_cancelling_is_an_action(admin_client: Client) -> None:
    admin_client.post(TRAIN, {"what": "homes basic", **SENT})
    chosen = {"action": "cancel", "_selected_action": [latest().pk]}
    page = admin_client.post(LIST, chosen, follow=True)
    assert f"Run {latest().pk} ends" in page.content.decode()
    assert latest().state == "cancelled"


def test_a_run_is_shown_with_its_log(admin_client: Client) -> None:
    run = TrainingRun.objects.filter(state="succeeded").first()
    assert run is not None
    page = admin_client.get(reverse("admin:training_trainingrun_change", args=[run.pk]))
    assert f"registered {run.version}" in page.content.decode()


@pytest.fixture
def looker(client: Client, db: None) -> Client:
    """May see runs, and do nothing about them."""
    user = User.objects.create_user("lou", password="correct horse", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_trainingrun"))
    client.force_login(user)
    return client


def test_who_may_only_look_can_neither_train_nor_cancel(looker: Client) -> None:
    assert looker.get(LIST).status_code == 200
    assert looker.post(TRAIN, {"what": "homes basic", **SENT}).status_code == 403
    done = TrainingRun.objects.create(predictor="homes", recipe="basic", trigger="api")
    looker.post(LIST, {"action": "cancel", "_selected_action": [done.pk]})
    done.refresh_from_db()
    assert done.state == "queued"
