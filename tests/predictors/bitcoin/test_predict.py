"""POST /predict and /api/bitcoin/predict/: sixty traded seconds in, the next price out."""

import json
import random
from typing import Any

import pytest

from modelregistry.models import ModelVersion
from predictions.models import Prediction
from tests.conftest import DATA_FOLDERS

from .conftest import Asking, as_array

ENVELOPE = "bitcoin_last_minute"


def test_it_works(ask: Asking, request_json: dict[str, Any]) -> None:
    status, answer = ask(request_json, "/predict")
    version = ModelVersion.objects.active("bitcoin").get()
    assert status == 200
    assert type(answer["bitcoin_prediction"]) is float
    assert answer["target"] == "next_close"
    assert answer["model"] == {
        "predictor": "bitcoin",
        "name": "ridge",
        "version": version.version,
        "digest": version.digest,
    }
    last = request_json[ENVELOPE]["price_close"]
    assert answer["naive"]["last_close"] == last
    assert abs(answer["naive"]["ewma"] / last - 1) < 0.01
    assert abs(answer["bitcoin_prediction"] / last - 1) < 0.01
    assert answer["warnings"] == []
    assert answer["currency"] == "USD"
    assert answer["data"] == "synthetic"
    assert "prediction" not in answer


def test_every_answer_is_in_the_log(ask: Asking, request_json: dict[str, Any]) -> None:
    _, answer = ask(request_json)
    row = Prediction.objects.get(pk=answer["id"])
    assert row.predictor == "bitcoin"
    assert row.request == request_json
    assert row.response == answer
    assert row.prediction == answer["bitcoin_prediction"]
    assert row.named_features["price_close"] == request_json[ENVELOPE]["price_close"]
    assert row.subject is not None


def test_any_order_of_the_keys_and_every_form_give_the_same_number(
    ask: Asking, request_json: dict[str, Any]
) -> None:
    draw = random.Random(1)
    flat, array = request_json[ENVELOPE], as_array(request_json)[ENVELOPE]
    bodies: list[Any] = [request_json, flat, array, {ENVELOPE: array}]
    for _ in range(20):
        names = draw.sample(list(flat), len(flat))
        bodies.append({ENVELOPE: {name: flat[name] for name in names}})
        seconds = [dict(draw.sample(list(one.items()), len(one))) for one in array]
        bodies.append({ENVELOPE: seconds})
    with_high = flat | {"price_high": max(flat["price_open"], flat["price_close"]) + 5}
    bodies += [{ENVELOPE: with_high}, {ENVELOPE: [*array[:-1], array[-1] | {"price_high": 1e4}]}]
    numbers = {ask(body)[1]["bitcoin_prediction"] for body in bodies}
    assert len(numbers) == 1


def test_whole_numbers_are_fine(ask: Asking, request_json: dict[str, Any]) -> None:
    flat = {name: round(value) or 1 for name, value in request_json[ENVELOPE].items()}
    status, answer = ask({ENVELOPE: flat})
    assert status == 200
    floats = {name: float(value) for name, value in flat.items()}
    assert ask({ENVELOPE: floats})[1]["bitcoin_prediction"] == answer["bitcoin_prediction"]


def test_a_volume_of_minus_zero_is_the_same_question(
    ask: Asking, request_json: dict[str, Any]
) -> None:
    subjects = set()
    for zero in (0.0, -0.0):
        _, answer = ask({ENVELOPE: request_json[ENVELOPE] | {"volume_traded_-7": zero}})
        subjects.add(Prediction.objects.get(pk=answer["id"]).subject)
    assert len(subjects) == 1


@pytest.mark.parametrize("target", ["next_close", "next_high", "current_high"])
def test_the_target_is_named_in_the_body_or_in_the_query(
    ask: Asking, request_json: dict[str, Any], target: str
) -> None:
    _, said = ask(request_json | {"target": target})
    _, asked = ask(request_json, f"/predict?target={target}")
    assert said["target"] == asked["target"] == target
    assert said["bitcoin_prediction"] == asked["bitcoin_prediction"]
    assert Prediction.objects.get(pk=asked["id"]).request == request_json | {"target": target}


def test_the_current_high_is_the_higher_of_open_and_close(
    ask: Asking, request_json: dict[str, Any]
) -> None:
    flat = request_json[ENVELOPE]
    _, answer = ask(request_json | {"target": "current_high"})
    assert answer["bitcoin_prediction"] == max(flat["price_open"], flat["price_close"])
    assert answer["naive"]["max_open_close"] == answer["bitcoin_prediction"]


def test_all_prices_doubled_double_the_answer(ask: Asking, request_json: dict[str, Any]) -> None:
    def scaled(factor: float) -> dict[str, Any]:
        flat = request_json[ENVELOPE].items()
        return {ENVELOPE: {n: v * factor if n.startswith("price") else v for n, v in flat}}

    for target in ("next_close", "next_high", "current_high"):
        _, once = ask(request_json | {"target": target})
        for factor in (2.0, 0.5):
            _, other = ask(scaled(factor) | {"target": target})
            assert other["bitcoin_prediction"] == factor * once["bitcoin_prediction"]


def test_a_high_below_the_close_is_answered_with_a_warning(
    ask: Asking, request_json: dict[str, Any]
) -> None:
    flat = dict(request_json[ENVELOPE])
    flat["price_high_-3"] = flat["price_low_-3"]
    flat["price_close_-3"] = flat["price_low_-3"] + 1
    for body in ({ENVELOPE: flat}, as_array({ENVELOPE: flat})):
        status, answer = ask(body)
        assert status == 200
        assert [warning["field"] for warning in answer["warnings"]] == ["price_high_-3"]


@pytest.mark.real_data
def test_the_request_that_was_handed_over_is_answered(ask: Asking) -> None:
    body = json.loads((DATA_FOLDERS["real"] / "request.json").read_text())
    status, answer = ask(body, "/predict")
    assert status == 200
    numbers = {answer["bitcoin_prediction"]}
    draw = random.Random(2)
    for _ in range(100):
        flat = body[ENVELOPE]
        shuffled = {name: flat[name] for name in draw.sample(list(flat), len(flat))}
        numbers.add(ask({ENVELOPE: shuffled}, "/predict")[1]["bitcoin_prediction"])
    numbers.add(ask(as_array(body), "/predict")[1]["bitcoin_prediction"])
    assert len(numbers) == 1
