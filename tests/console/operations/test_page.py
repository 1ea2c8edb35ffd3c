"""Who sees the operations page, and what it consists of."""

import re
from typing import Any

import psycopg
import pytest
from django.contrib.auth.models import Permission, User
from django.contrib.staticfiles import finders
from django.test import Client, override_settings

from .reading import PAGE, Shown, login

# Of the copy of the database, in which all that is shown is committed.
pytestmark = pytest.mark.django_db


def test_it_works(operator: Client) -> None:
    """All of it is served by the service, and nothing runs inline."""
    text = operator.get(PAGE).content.decode()
    files = re.findall(r'(?:src|href)="/static/([^"]+)"', text)
    assert len(files) >= 6
    assert all(finders.find(file) for file in files)
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', text)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", text)
    scripts = re.findall(r"<script[^>]*>", text)
    assert [script for script in scripts if " src=" not in script] == [
        '<script id="charts" type="application/json">'
    ]


def test_what_needs_attention_stands_first(day: Shown) -> None:
    found = re.findall(r'<span class="badge (\w+)">\w+</span> <a href="#(\w+)">([^<]+)', day.text)
    texts = {text: kind for kind, _, text in found}
    assert "homes: 1 of 3 web processes do not answer with version 2: no memory" in texts
    assert any("were answered with 5xx" in text for text in texts)
    assert any(re.fullmatch(r"homes: training run \d+ failed", text) for text in texts)
    assert [kind for kind, _, _ in found] == sorted(kind for kind, _, _ in found)
    places = set(re.findall(r'id="(\w+)"', day.text))
    assert {part for _, part, _ in found} <= places


@override_settings(REDIS_URL="redis://127.0.0.1:9")
def test_without_redis_the_page_says_so_and_opens(operator: Client) -> None:
    shown = Shown(operator, "1h")
    assert shown.tables["queues"] == [["Redis cannot be reached"]]
    assert "Redis cannot be reached: jobs wait" in shown.text


def test_an_unknown_range_is_the_usual_one(operator: Client) -> None:
    assert Shown(operator, "7y").start == Shown(operator, "24h").start


def test_others_are_sent_to_log_in_and_see_nothing(database: psycopg.Connection[Any]) -> None:
    for client in (Client(), login("carl")):
        response = client.get(f"{PAGE}?range=1h")
        assert (response.status_code, response.content) == (302, b"")
        assert response["Location"] == "/admin/login/?next=/console/operations/%3Frange%3D1h"


def test_staff_see_callers_and_switch_only_with_the_permission(
    database: psycopg.Connection[Any],
) -> None:
    client = login("sam", is_staff=True)
    text = client.get(PAGE).content.decode()
    assert 'id="callers"' not in text and 'class="switch"' not in text
    may = Permission.objects.filter(codename__in=("view_prediction", "change_modelversion"))
    User.objects.get(username="sam").user_permissions.set(may)
    text = client.get(PAGE).content.decode()
    assert 'id="callers"' in text and 'data-url="/api/models/homes/rollback/"' in text


def test_nobody_keeps_it(operator: Client) -> None:
    assert "no-store" in operator.get(PAGE)["Cache-Control"]
