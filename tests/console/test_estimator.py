"""The estimator: its form is the predictor's, and nothing of it comes from elsewhere."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse

from console.home_form import home_form
from predictions import catalog

PAGE = "/"
FOLDER = Path(str(finders.find("console/estimator/page.js"))).parent


@pytest.fixture
def text(api: Client) -> str:
    response = api.get(PAGE)
    assert response.status_code == 200
    return response.content.decode()


def test_it_works(text: str) -> None:
    """Each fact is asked for, with the predictor's range and example."""
    for field in catalog.get("homes").fields():
        tags = re.findall(rf'<(?:input|select)[^>]* name="{field.name}"[^>]*>', text)
        assert tags, field.name
        numbers = [tag for tag in tags if 'type="number"' in tag]
        if numbers:
            assert f'min="{field.minimum}" max="{field.maximum}"' in numbers[0]
            # The keys for numbers of a phone have no minus.
            assert (" inputmode=" in numbers[0]) == (field.minimum >= 0)
        if numbers and field.example:
            assert f'value="{field.example:.8g}"' in numbers[0]


def test_each_fact_is_asked_for_once() -> None:
    asked = [one.fact.name for group in home_form() for one in group.asked]
    assert sorted(asked) == sorted(field.name for field in catalog.get("homes").fields())


def test_words_and_sliders_stay_within_what_is_accepted() -> None:
    for one in (one for group in home_form() for one in group.asked):
        ends: list[float] = [value for value, _ in one.control.words]
        if one.control.kind == "slider":
            ends += [one.control.low, one.control.high]
        assert all(one.fact.minimum <= end <= one.fact.maximum for end in ends), one.fact.name


def test_every_file_of_it_is_served_by_the_service(api: Client, text: str) -> None:
    files = re.findall(r'(?:src|href)="(/static/[^"]+)"', text)
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', text)
    for file in files:
        assert api.get(file).status_code == 200
    modules = {f"/static/console/estimator/{path.name}" for path in FOLDER.glob("*.js")}
    assert modules <= set(files), "a module that the page does not name is found late"


def test_nothing_of_it_runs_inline(text: str) -> None:
    """So that a content security policy may forbid it."""
    scripts = re.findall(r"<script[^>]*>", text)
    assert len(scripts) == 1
    assert " src=" in scripts[0]
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", text)
    for path in FOLDER.glob("*.js"):
        assert not re.search(r"\.innerHTML|insertAdjacentHTML|\beval\(", path.read_text())


def test_the_places_that_its_scripts_fill_are_there(text: str) -> None:
    scripts = "".join(path.read_text() for path in FOLDER.glob("*.js"))
    named = set(re.findall(r'\bat\("([a-z0-9_-]+)"\)', scripts))
    assert len(named) > 30
    assert named <= set(re.findall(r'id="([a-z0-9_-]+)"', text))


def test_it_asks_what_the_service_offers(api: Client, text: str) -> None:
    for name in ("homes-zipcodes", "homes-examples"):
        assert f'="{reverse(name)}"' in text
        assert api.get(reverse(name)).status_code == 200
    for name in ("homes-predict", "batches"):
        assert f'="{reverse(name)}"' in text


def test_tiles_are_only_asked_for_if_the_settings_name_some(
    api: Client, text: str, settings: Any
) -> None:
    assert 'data-tiles=""' in text
    settings.MAP_TILES = "https://tiles.example/{z}/{x}/{y}.png"
    settings.MAP_CREDIT = "Maps & Sons"
    shown = api.get(PAGE).content.decode()
    assert f'data-tiles="{settings.MAP_TILES}"' in shown
    assert "Tiles: Maps &amp; Sons" in shown
