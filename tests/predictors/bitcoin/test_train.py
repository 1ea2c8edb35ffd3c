"""POST /api/bitcoin/train/: a few more seconds are learned, and the version after answers."""

import hashlib
from datetime import timedelta
from typing import Any

import numpy as np
import psycopg
import pytest
from django.db import connection
from django.test import Client

from modelregistry import loading
from modelregistry.models import Activation, ModelVersion
from modelregistry.services import activate_version, register_version, rollback
from predictions.keys.services import make_key
from predictors.bitcoin.files import whole_second
from predictors.bitcoin.ml.examples import examples_of
from predictors.bitcoin.ml.handed_over import artifact_of
from predictors.bitcoin.ml.schema import SECOND_COLUMNS
from predictors.bitcoin.models import LearnedExample, Second
from tests.predictors.bitcoin.ml.test_handed_over import keras_file
from tests.predictors.bitcoin.ml.walks import seconds_made

from .conftest import Asking
from .teaching import PATH, PRICES, Teaching, coming, quick_passwords, sample, teach, without_times
from .telling import window

__all__ = ("quick_passwords", "teach")


def active() -> ModelVersion:
    return ModelVersion.objects.active("bitcoin").get()


def versions() -> int:
    return ModelVersion.objects.of("bitcoin").count()


def test_it_works(teach: Teaching, ask: Asking) -> None:
    before = active()
    status, done = teach({"seconds": coming(120)})
    assert status == 200
    after = active()
    assert done["decision"] == "activated"
    assert done["examples"] == {"sent": 60, "new": 60, "known": 0}
    assert done["parent"]["version"] == before.version
    assert done["version"] == {
        "version": after.version,
        "name": "ridge-online",
        "digest": after.digest,
    }
    assert after.version > before.version
    assert done["errors"]["seconds"] == 1_060
    assert 0 < done["errors"]["after"]["mae"] < done["errors"]["after"]["rmse"]
    assert done["errors"]["after"]["rmse"] <= done["errors"]["ewma"]["rmse"]
    assert (after.trained_on["parent"], after.trained_on["root"]) == (before.version,) * 2
    assert after.trained_on["data"] == "synthetic"
    assert Activation.objects.latest("id").actor == "tess (online)"
    assert ask(window())[1]["model"]["version"] == after.version


def test_the_version_after_has_the_sums_of_both(teach: Teaching) -> None:
    before = loading.load(active()).estimator
    sent = coming(100)
    teach({"seconds": sent})
    after = loading.load(active()).estimator
    frame = seconds_made(100)
    for name in frame.columns.drop("time"):
        frame[name] = [second[name] for second in sent]
    new = examples_of(frame)
    expected = before.updated(new.rows, new.next_close, new.next_high)
    assert np.array_equal(after.gram, expected.gram)
    assert np.array_equal(after.weights, expected.weights)


def test_what_is_sent_again_counts_once(teach: Teaching) -> None:
    seconds = coming(140)
    teach({"seconds": seconds[:100]})
    number, count = active().version, versions()
    for body in (seconds[:100], without_times(seconds[:100])):
        status, again = teach({"seconds": body})
        assert status == 200
        assert (again["decision"], again["version"], again["errors"]) == ("kept", None, None)
        assert again["examples"] == {"sent": 40, "new": 0, "known": 40}
    assert (active().version, versions()) == (number, count)
    assert teach({"seconds": seconds})[1]["examples"] == {"sent": 80, "new": 40, "known": 40}


def test_what_is_twice_in_one_body_counts_once(teach: Teaching) -> None:
    seconds = without_times(coming(61))
    status, done = teach({"seconds": [*seconds, *seconds]})
    assert status == 200
    assert done["examples"] == {"sent": 62, "new": 61, "known": 1}


def test_what_the_version_was_trained_on_is_known(teach: Teaching) -> None:
    _, done = teach({"seconds": sample(1_900, 100)})
    assert done["examples"] == {"sent": 40, "new": 0, "known": 40}


def test_a_window_with_what_came_teaches_too(teach: Teaching) -> None:
    seconds = without_times(coming(61))
    flat: dict[str, Any] = {}
    for lag, second in enumerate(reversed(seconds[:60])):
        flat |= {f"{name}_-{lag}" if lag else name: value for name, value in second.items()}
    close, high = seconds[60]["price_close"], seconds[60]["price_high"]
    body = {"bitcoin_last_minute": flat, "actual": close, "actual_high": high}
    _, done = teach(body)
    assert (done["decision"], done["examples"]["new"]) == ("activated", 1)
    for same in (
        {"bitcoin_last_minute": seconds[:60], "actual": close},
        {"seconds": seconds},
    ):
        assert teach(same)[1]["examples"] == {"sent": 1, "new": 0, "known": 1}


def test_without_its_high_a_second_leaves_the_highs_alone(teach: Teaching, ask: Asking) -> None:
    seconds = without_times(coming(61))
    asked = [
        ask({**window(target)})[1]["bitcoin_prediction"] for target in ("next_close", "next_high")
    ]
    far = seconds[60]["price_close"] * 1.0005
    _, done = teach({"bitcoin_last_minute": seconds[:60], "actual": far})
    assert done["decision"] == "activated"
    now = [
        ask({**window(target)})[1]["bitcoin_prediction"] for target in ("next_close", "next_high")
    ]
    assert abs(now[0] / asked[0] - 1) > 100 * abs(now[1] / asked[1] - 1)


def test_what_makes_it_worse_is_kept_and_has_taught_nothing(teach: Teaching) -> None:
    """A price with a slip of the pen in it."""
    seconds = without_times(coming(61))
    body = {"bitcoin_last_minute": seconds[:60], "actual": 1.5 * seconds[60]["price_close"]}
    number = active().version
    _, done = teach(body)
    assert done["decision"] == "kept"
    assert "of the stored seconds" in done["reason"]
    assert done["errors"]["after"]["rmse"] > done["errors"]["before"]["rmse"]
    assert active().version == number
    kept = ModelVersion.objects.numbered("bitcoin", done["version"]["version"])
    assert (kept.gate, kept.is_active, kept.notes) == ("passed", False, done["reason"])
    assert teach(body)[1]["examples"]["new"] == 1


def test_of_a_version_that_was_kept_and_is_activated_all_is_known(teach: Teaching) -> None:
    seconds = without_times(coming(61))
    body = {"bitcoin_last_minute": seconds[:60], "actual": 1.5 * seconds[60]["price_close"]}
    kept = teach(body)[1]["version"]["version"]
    activate_version(predictor="bitcoin", version=kept, actor="olga")
    assert teach(body)[1]["examples"] == {"sent": 1, "new": 0, "known": 1}


def test_false_seconds_do_not_hide_behind_known_ones(teach: Teaching) -> None:
    """All that is stored is sent along, so that nothing would be left to be judged on."""
    false = coming(63, seed=4)
    for second in false[60:]:
        for name in PRICES:
            second[name] *= 2
    _, done = teach({"seconds": [*sample(0, 2_000), *later_by_minutes(false)]})
    assert done["decision"] == "kept"
    assert done["examples"]["known"] == 1_940


def test_a_window_of_wild_prices_is_kept_back(teach: Teaching) -> None:
    """What came is just what the model expects, so that no error tells."""
    seconds = without_times(coming(61))
    for name in PRICES:
        seconds[56][name] *= 1.5
    body = {"bitcoin_last_minute": seconds[:60], "actual": seconds[60]["price_close"]}
    _, done = teach(body)
    assert done["decision"] == "kept"
    assert "would weigh" in done["reason"]


def test_a_second_that_came_after_the_training_is_not_taken_for_learned(teach: Teaching) -> None:
    """It is older than the newest that was learned, but nobody had it then."""
    late = sample(1_900, 100)
    Second.objects.filter(time=whole_second(late[80]["time_period_start"])).delete()
    _, done = teach({"seconds": late})
    assert done["examples"] == {"sent": 40, "new": 1, "known": 39}


def later_by_minutes(seconds: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Right after the sample's last."""
    start = whole_second(sample(1_999, 1)[0]["time_period_start"])
    return [
        {name: second[name] for name in SECOND_COLUMNS}
        | {"time_period_start": (start + timedelta(seconds=place)).isoformat()}
        for place, second in enumerate(seconds, start=1)
    ]


def test_after_a_rollback_what_was_learned_may_be_learned_anew(teach: Teaching) -> None:
    first, second = ({"seconds": coming(80, day=day)} for day in (1, 2))
    root = active().version
    teach(first)
    rollback(predictor="bitcoin", actor="olga")
    assert active().version == root
    assert teach(second)[1]["examples"]["new"] == 20
    assert teach(first)[1]["examples"]["new"] == 20
    for body in (first, second):
        assert teach(body)[1]["examples"]["new"] == 0
    assert active().trained_on["line"] == [[root + 2, root + 2]]


def broken(place: int, **values: Any) -> dict[str, Any]:
    seconds = coming(70)
    seconds[place] |= values
    return {"seconds": seconds}


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["seconds"]),
        ({"seconds": coming(60)}, ["seconds"]),
        ({"seconds": {}}, ["seconds"]),
        ({"seconds": coming(61), "target": "next_close"}, ["target"]),
        (broken(3, price_close="7000"), ["seconds[3].price_close"]),
        (broken(3, price_high=1.0), ["seconds[3].price_low"]),
        (broken(69, colour=1), ["seconds[69].colour"]),
        (broken(5, time_period_start="yesterday"), ["seconds[5].time_period_start"]),
        ({"seconds": coming(61)[::-1]}, [f"seconds[{n}].time_period_start" for n in range(1, 61)]),
        ({"seconds": [*without_times(coming(61)[:1]), *coming(61)[1:]]},
         ["seconds[0].time_period_start"]),
        ({"seconds": [*coming(60), *coming(60, day=2)]}, ["seconds"]),
        ({"bitcoin_last_minute": without_times(coming(60))}, ["actual"]),
        ({"actual": None}, ["bitcoin_last_minute", "actual"]),
        ({"bitcoin_last_minute": without_times(coming(60)), "actual": 5e3, "actual_high": 4e3},
         ["actual_high"]),
    ],
)  # fmt: skip
def test_all_that_is_wrong_is_named(teach: Teaching, body: Any, fields: list[str]) -> None:
    assert list(teach.fails(body)) == fields
    assert not LearnedExample.objects.exists()


def test_seconds_that_contradict_themselves_teach_nothing(teach: Teaching) -> None:
    """As in the file whose highs were cut off."""
    for seconds in (coming(70), without_times(coming(70))):
        seconds[7]["price_high"] = seconds[7]["price_low"]
        seconds[9]["price_low"] = seconds[9]["price_high"]
        faults = teach.fails({"seconds": seconds})
        assert set(faults) <= {
            f"seconds[{n}].price_{name}" for n in (7, 9) for name in ("high", "low")
        }
        assert len(faults) == 2
    seconds = without_times(coming(60))
    seconds[57]["price_high"] = seconds[57]["price_low"]
    body = {"bitcoin_last_minute": seconds, "actual": seconds[59]["price_close"]}
    assert list(teach.fails(body)) == ["price_high_-2"]


def test_a_key_with_the_scope_may_teach(teach: Teaching, api: Client) -> None:
    body = {"seconds": coming(61)}
    assert teach(body, headers={})[0] == 401
    for scopes, status in ((["operate"], 403), (["train"], 200)):
        made = make_key(name="-".join(scopes), scopes=scopes, days=1, created_by="test")
        assert teach(body, headers={"Authorization": f"Bearer {made.secret}"})[0] == status
    assert Activation.objects.latest("id").actor == "key:train (online)"
    assert api.get(PATH).status_code == 405


def test_with_no_version_active_there_is_nothing_to_go_on_from(teach: Teaching) -> None:
    ModelVersion.objects.of("bitcoin").update(is_active=False)
    status, problem = teach({"seconds": coming(61)})
    assert (status, problem["code"]) == (503, "no-active-model")


def test_a_version_that_was_trained_in_one_go_for_good_is_not_gone_on_from(
    teach: Teaching,
) -> None:
    content = keras_file((359, 4, 1), ("linear", "relu"))
    artifact = artifact_of(content, sha256=hashlib.sha256(content).hexdigest())
    network = register_version(
        predictor="bitcoin",
        name="network",
        model_bytes=artifact.model_bytes,
        features_bytes=artifact.features_bytes,
    )
    activate_version(predictor="bitcoin", version=network.version, actor="test")
    status, problem = teach({"seconds": coming(61)})
    assert (status, problem["code"]) == (409, "cannot-learn-online")


def test_one_teaches_at_a_time_and_others_are_not_kept_waiting_for_long(teach: Teaching) -> None:
    number = active().version
    with psycopg.connect(**connection.get_connection_params()) as other:
        other.execute("SELECT pg_advisory_lock(hashtext('bitcoin:teaching'))")
        status, problem = teach({"seconds": coming(61)})
    assert (status, problem["code"]) == (503, "training-busy")
    assert active().version == number
    assert teach({"seconds": coming(61)})[1]["decision"] == "activated"
