"""Schedules in the admin: offered, looked at, changed."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django_celery_beat.models import PeriodicTask

LISTS = (
    "django_celery_beat_periodictask",
    "django_celery_beat_intervalschedule",
    "django_celery_beat_crontabschedule",
    "django_celery_beat_clockedschedule",
    "django_celery_results_taskresult",
)


@pytest.fixture
def weekly(db: None) -> PeriodicTask:
    return PeriodicTask.objects.get(name="retrain-homes")


def test_it_works(admin_client: Client, weekly: PeriodicTask) -> None:
    """Retraining is offered, switched off, and can be switched on."""
    assert not weekly.enabled
    address = reverse("admin:django_celery_beat_periodictask_change", args=[weekly.pk])
    page = admin_client.get(address)
    form = page.context["adminform"].form
    sent: dict[str, Any] = {
        name: "" if value is None else value for name, value in form.initial.items()
    }
    sent = {name: value for name, value in sent.items() if name in form.fields}
    sent |= {"enabled": "on", "kwargs": '{"recipe": "champion"}', "regtask": weekly.task}
    sent |= {"start_time_0": "", "start_time_1": "", "expires_0": "", "expires_1": ""}
    saved = admin_client.post(address, sent)
    assert saved.status_code == 302, saved.context["errors"]
    weekly.refresh_from_db()
    assert weekly.enabled
    assert weekly.kwargs == '{"recipe": "champion"}'


@pytest.mark.parametrize("name", LISTS)
def test_every_page_is_there_and_looks_like_the_rest(admin_client: Client, name: str) -> None:
    page = admin_client.get(reverse(f"admin:{name}_changelist"))
    assert page.status_code == 200
    assert "unfold" in page.content.decode()
    if "results" not in name:
        form = admin_client.get(reverse(f"admin:{name}_add"))
        assert form.status_code == 200
        assert "unfold" in form.content.decode()


def test_the_names_of_tasks_are_offered(admin_client: Client) -> None:
    page = admin_client.get(reverse("admin:django_celery_beat_periodictask_add"))
    assert "predictors.homes.tasks.retrain" in page.content.decode()
