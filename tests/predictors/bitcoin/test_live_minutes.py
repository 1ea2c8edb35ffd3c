"""GET /api/bitcoin/live/: the last minutes, for those who look on."""

from typing import Any

import pytest
from django.test import Client

from modelregistry.models import ModelVersion
from predictors.bitcoin.models import Second

from .conftest import Asking
from .telling import Telling, later, quick_passwords, tell, window

__all__ = ("quick_passwords", "tell")


@pytest.fixture
def live(api: Client) -> Any:
    def get(query: dict[str, Any] | None = None) -> Any:
        return api.get("/api/bitcoin/live/", query).json()

    return get


def test_it_works(tell: Telling, ask: Asking, live: Any) -> None:
    version = ModelVersion.objects.active("bitcoin").get().version
    _, first = ask(window())
    body = later()
    tell(body)
    _, answer = ask(window())
    found = live()
    assert found["newest"]["price_close"] == body["price_close"]
    assert found["data"] == "synthetic"
    assert found["seconds"][-1]["price_close"] == body["price_close"]
    times = [one["time"] for one in found["seconds"]]
    assert times == sorted(times)
    assert len(times) > 60
    (forecast,) = found["forecasts"]
    assert forecast["id"] == first["id"]
    assert forecast["prediction"] == first["bitcoin_prediction"]
    assert forecast["actual"] == body["price_close"]
    assert forecast["second"] == found["newest"]["time"]
    assert forecast["version"] == version
    assert found["waiting"]["prediction"] == answer["bitcoin_prediction"]
    assert found["waiting"]["version"] == version


def test_only_what_was_asked_about_the_newest_minute_is_the_forecast_of_the_next(
    tell: Telling, ask: Asking, live: Any, request_json: dict[str, Any]
) -> None:
    before = window()
    tell(later())
    _, answer = ask(window())
    for other in (before, window("next_high"), request_json):
        ask(other)
    assert live()["waiting"]["prediction"] == answer["bitcoin_prediction"]
    tell(later())
    ask(before)
    assert live()["waiting"] is None


def test_who_knows_the_newest_gets_what_is_newer(tell: Telling, ask: Asking, live: Any) -> None:
    known = live()["newest"]["time"]
    nothing = live({"after": known})
    assert (nothing["seconds"], nothing["forecasts"]) == ([], [])
    ask(window())
    tell(later())
    found = live({"after": known})
    assert (len(found["seconds"]), len(found["forecasts"])) == (1, 1)
    assert live({"after": known, "target": "next_high"})["forecasts"] == []


def test_without_seconds_there_is_nothing_to_show(live: Any) -> None:
    Second.objects.all().delete()
    found = live()
    assert found["newest"] is None
    assert found["data"] is None
    assert found["seconds"] == []


def test_a_wrong_question_is_refused(live: Any) -> None:
    problem = live({"minutes": 61, "after": "now", "target": "x", "more": 1})
    fields = {fault["field"] for fault in problem["errors"]}
    assert fields == {"minutes", "after", "target", "more"}
