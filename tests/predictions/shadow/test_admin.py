"""Shadows in the admin: set, compared, ended."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from modelregistry.models import ModelVersion
from predictions.shadow.models import Shadow

from .conftest import all_scored

LIST = reverse("admin:shadow_shadow_changelist")
SET = reverse("admin:shadow_shadow_set_shadow")


def test_it_works(operator: Client, shadow: Shadow, ask: Callable[..., Any]) -> None:
    ask(4)
    all_scored()
    page = operator.get(reverse("admin:shadow_shadow_change", args=[shadow.pk]))
    assert page.status_code == 200
    text = page.content.decode()
    for title in ("Difference by zipcode", "What really was", "Milliseconds", "The newest 100,000"):
        assert title in text
    assert str(shadow.model_version) in operator.get(LIST).content.decode()


def test_a_version_is_set_and_ended(operator: Client, other: ModelVersion) -> None:
    form = {"_form_submitted": "True", "version": f"homes/{other.version}", "reason": "to see"}
    response = operator.post(SET, form)
    assert response["HX-Redirect"] == LIST
    shadow = Shadow.objects.get()
    assert (shadow.set_by, shadow.reason, shadow.is_open) == ("olga (admin)", "to see", True)
    operator.post(LIST, {"action": "end", "_selected_action": [shadow.pk]})
    shadow.refresh_from_db()
    assert (shadow.is_open, shadow.ended_by) == (False, "olga (admin)")


def test_who_may_look_may_not_change(shadow: Shadow, other: ModelVersion) -> None:
    user = User.objects.create_user("vera", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_shadow"))
    client = Client(raise_request_exception=False)
    client.force_login(user)
    address = reverse("admin:shadow_shadow_change", args=[shadow.pk])
    assert client.get(address).status_code == 200
    form = {"_form_submitted": "True", "version": f"homes/{other.version}"}
    assert client.post(SET, form).status_code == 403
    client.post(LIST, {"action": "end", "_selected_action": [shadow.pk]})
    shadow.refresh_from_db()
    assert shadow.is_open
