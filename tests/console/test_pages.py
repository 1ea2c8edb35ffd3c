"""The pages: what they consist of is there, and nothing of it comes from elsewhere."""

import re
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.db import connection
from django.test import Client
from django.urls import reverse

PAGE = "/console/bitcoin/"


def test_it_works(api: Client) -> None:
    page = api.get(PAGE)
    text = page.content.decode()
    assert (page.status_code, page["Content-Type"]) == (200, "text/html; charset=utf-8")
    # Its script takes these from the page, so that they are said once.
    for name in ("bitcoin-live", "bitcoin-accuracy"):
        assert f'="{reverse(name)}"' in text
        assert api.get(reverse(name)).status_code == 200


def test_every_file_of_it_is_served_by_the_service(api: Client) -> None:
    text = api.get(PAGE).content.decode()
    files = re.findall(r'(?:src|href)="(/static/[^"]+)"', text)
    assert len(files) == 3
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', text)
    for file in files:
        found = finders.find(file.removeprefix("/static/"))
        assert found
        assert api.get(file).status_code == 200


def test_nothing_of_it_runs_inline(api: Client) -> None:
    """So that a content security policy may forbid it."""
    text = api.get(PAGE).content.decode()
    scripts = re.findall(r"<script[^>]*>", text)
    assert len(scripts) == 1
    assert " src=" in scripts[0]
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", text)


def test_the_places_that_its_script_fills_are_there(api: Client) -> None:
    text = api.get(PAGE).content.decode()
    script = Path(str(finders.find("console/bitcoin.js"))).read_text()
    named = set(re.findall(r'\bat\("([a-z0-9-]+)"\)', script))
    assert len(named) > 10
    assert named <= set(re.findall(r'id="([a-z0-9-]+)"', text))


def test_a_page_is_only_looked_at(api: Client) -> None:
    response = api.post(PAGE)
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")
    assert response["Content-Type"] == "application/problem+json"


def test_without_the_database_operators_are_told_so(
    django_db_setup: None, django_db_blocker: Any
) -> None:
    client = Client(raise_request_exception=False)
    client.cookies["sessionid"] = "0" * 32
    before = connection.settings_dict["NAME"]
    with django_db_blocker.unblock():
        connection.close()
        connection.settings_dict["NAME"] = "nowhere"
        try:
            response = client.get("/console/operations/")
        finally:
            connection.close()
            connection.settings_dict["NAME"] = before
    assert (response.status_code, response.json()["code"]) == (503, "database-unavailable")
