"""POST /api/bitcoin/seconds/: what was traded, each second once; it resolves predictions."""

import csv
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client

from predictions.keys.services import make_key
from predictors.bitcoin.ml.schema import SECOND_COLUMNS
from predictors.bitcoin.models import Forecast, Second
from tests.conftest import SAMPLE

from .conftest import Asking
from .telling import PATH, Telling, later, quick_passwords, tell, window

__all__ = ("quick_passwords", "tell")


def test_it_works(tell: Telling, ask: Asking) -> None:
    _, answer = ask(window())
    body = later(by=2.0)
    status, said = tell(body)
    assert status == 200
    newest = Second.objects.latest("time")
    assert said == {
        "added": 1,
        "known": 0,
        "resolved": 1,
        "newest": newest.time.isoformat().replace("+00:00", "Z"),
    }
    assert newest.recorded_by == "sam"
    assert newest.price_high == body["price_high"]
    assert newest.is_synthetic
    forecast = Forecast.objects.get()
    assert str(forecast.prediction_id) == answer["id"]
    assert forecast.second == newest.time
    assert forecast.prediction == answer["bitcoin_prediction"]
    assert forecast.actual == body["price_close"]
    assert forecast.last_close == answer["naive"]["last_close"]
    assert forecast.ewma == answer["naive"]["ewma"]


def test_what_is_told_again_counts_once(tell: Telling, ask: Asking) -> None:
    ask(window())
    body = [later(1), later(2)]
    assert tell([*body, body[0]])[1]["added"] == 2
    again = tell(body[::-1])[1]
    assert (again["added"], again["known"], again["resolved"]) == (0, 2, 0)
    assert Forecast.objects.count() == 1


def test_both_targets_are_resolved_each_by_its_own_price(tell: Telling, ask: Asking) -> None:
    for target in ("next_close", "next_high", "current_high"):
        ask(window(target))
    body = later()
    assert tell(body)[1]["resolved"] == 2
    actual = dict(Forecast.objects.values_list("target", "actual"))
    assert actual == {"next_close": body["price_close"], "next_high": body["price_high"]}


def test_a_question_that_was_asked_before_an_earlier_replay_counts_when_it_was_asked_last(
    tell: Telling, ask: Asking
) -> None:
    ask(window())
    _, last = ask(window())
    tell(later())
    assert str(Forecast.objects.get().prediction_id) == last["id"]


def test_a_second_that_comes_late_takes_what_was_about_it(tell: Telling, ask: Asking) -> None:
    ask(window())
    late, early = later(1, by=3.0), later(2, by=-1.0)
    tell(early)
    assert Forecast.objects.get().actual == early["price_close"]
    assert tell(late)[1]["resolved"] == 1
    forecast = Forecast.objects.get()
    assert (forecast.actual, forecast.second.isoformat()) == (
        late["price_close"],
        late["time_period_start"],
    )


def test_seconds_of_two_times_come_in_one_list(tell: Telling, ask: Asking) -> None:
    ask(window())
    long_ago = later(2) | {"time_period_start": "2015-01-01T00:00:00Z"}
    said = tell([later(1), long_ago])[1]
    assert (said["added"], said["resolved"]) == (2, 1)
    assert said["newest"] == "2019-12-31T01:25:19Z"


def test_rows_of_the_file_can_be_sent_with_all_their_columns(tell: Telling) -> None:
    with (SAMPLE / "bitcoin.csv").open() as file:
        rows = list(csv.DictReader(file))[-3:]
    sent = [
        {name: cell if "time" in name else float(cell) for name, cell in row.items()}
        for row in rows
    ]
    assert tell(sent)[1]["known"] == 3


def test_every_fault_is_named_and_nothing_is_recorded(tell: Telling) -> None:
    before = Second.objects.count()
    contradiction = later(5) | {"price_high": 1.0, "price_low": 1.0}
    wrong = [
        later(1),
        later(2) | {"price_low": -1, "surprise": 1},
        {name: value for name, value in later(3).items() if name != "trades_count"},
        later(4) | {"price_close": None, "price_open": "7", "volume_traded": True},
        later(5) | {"price_low": 9e5},
        "second",
        later(6) | {"time_period_start": "2020-01-01T00:00:00"},
        later(7) | {"time_period_start": "2020-01-01T00:00:00.5Z"},
        later(8) | {"time_period_start": "2999-01-01T00:00:00Z"},
        later(9) | {"time_period_start": 1},
        later(10) | {"time_period_end": "2020-01-01T00:00:00Z", "time_open": "x"},
        {},
    ]
    assert set(tell.fails(wrong)) >= {
        "seconds[1].price_low",
        "seconds[1].surprise",
        "seconds[2].trades_count",
        "seconds[3].price_close",
        "seconds[3].price_open",
        "seconds[3].volume_traded",
        "seconds[4].price_low",
        "seconds[5]",
        "seconds[6].time_period_start",
        "seconds[7].time_period_start",
        "seconds[8].time_period_start",
        "seconds[9].time_period_start",
        "seconds[10].time_period_end",
        "seconds[10].time_open",
        "seconds[11].time_period_start",
        "seconds[11].price_open",
    }
    assert tell.fails([later(1), contradiction]) == {
        "seconds[1].price_high": "price_high is below the open or the close"
    }
    assert set(tell.fails(contradiction)) == {"price_high"}
    assert set(tell.fails([later(1), later(1) | {"trades_count": 9}])) == {
        "seconds[1].time_period_start"
    }
    assert set(tell.fails({})) >= {"time_period_start", "price_high"}
    assert Second.objects.count() == before


def test_a_second_is_never_told_otherwise(tell: Telling) -> None:
    body = later()
    tell(body)
    other = body | {"price_close": body["price_open"]}
    assert set(tell.fails(other)) == {"price_close"}
    assert set(tell.fails([later(2), other])) == {"seconds[1].price_close"}
    assert Second.objects.latest("time").price_close == body["price_close"]


@pytest.mark.parametrize("body", ["[]", "7", "null", "true", '"x"', "[[]]", "[null]"])
def test_what_is_no_second_is_refused(tell: Telling, body: str) -> None:
    assert all(field.startswith("seconds") for field in tell.fails(body))


def test_a_list_has_its_limits(tell: Telling, settings: Any) -> None:
    assert set(tell.fails([later()] * 10_001)) == {"seconds"}
    settings.MAX_OUTCOMES_BYTES = 10
    assert tell(later())[1]["code"] == "body-too-large"


def test_only_staff_and_keys_that_may_can_tell(tell: Telling, api: Client) -> None:
    assert tell(later(), headers={})[0] == 401
    for scope, status in (("train", 200), ("predict", 403)):
        made = make_key(name=f"feed-{scope}", scopes=[scope], days=1, created_by="test")
        assert tell(later(), headers={"Authorization": f"Bearer {made.secret}"})[0] == status
    assert Second.objects.latest("time").recorded_by == "key:feed-train"
    assert api.get(PATH).status_code == 405


def test_after_a_gap_nobody_knows_which_second_was_the_next(tell: Telling, ask: Asking) -> None:
    ask(window())
    assert tell(later(int(timedelta(minutes=16).total_seconds())))[1]["resolved"] == 0


def test_what_was_asked_when_its_second_was_known_is_no_forecast_of_it(
    tell: Telling, ask: Asking
) -> None:
    before = window()["bitcoin_last_minute"]
    late, early = later(1, by=3.0), later(2, by=-1.0)
    tell(early)
    ask({"bitcoin_last_minute": [*before[1:], {name: late[name] for name in SECOND_COLUMNS}]})
    told = tell(late)[1]
    assert (told["added"], told["resolved"]) == (1, 0)
    assert not Forecast.objects.exists()


def test_others_who_record_for_long_keep_nobody_waiting_for_long(tell: Telling) -> None:
    with psycopg.connect(**connection.get_connection_params()) as other:
        other.execute("SELECT pg_advisory_lock(hashtext('bitcoin:seconds'))")
        status, problem = tell(later())
    assert (status, problem["code"]) == (503, "seconds-busy")
    assert tell(later())[1]["added"] == 1
