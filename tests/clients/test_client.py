"""The client against the service as a user starts it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from predictors.bitcoin.ml.schema import SECOND_FIELDS, WINDOW
from tests.live import Live
from valuation_client import (
    Client,
    Forbidden,
    Home,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    ProblemError,
)

HOME: Home = {
    "bedrooms": 4,
    "bathrooms": 1.0,
    "sqft_living": 1680,
    "sqft_lot": 5043,
    "floors": 1.5,
    "waterfront": 0,
    "view": 0,
    "condition": 4,
    "grade": 6,
    "sqft_above": 1680,
    "sqft_basement": 0,
    "yr_built": 1911,
    "yr_renovated": 0,
    "zipcode": "98118",
    "lat": 47.5354,
    "long": -122.273,
    "sqft_living15": 1560,
    "sqft_lot15": 5765,
}


def test_it_works(client: Client, live: Live) -> None:
    estimate = client.value_home(HOME)
    _, plain = live.post("/api/predict/", HOME)
    assert estimate.prediction == plain["prediction"]
    assert estimate.model.digest == plain["model"]["digest"]
    assert estimate.data == "synthetic"
    assert estimate.demographics is not None
    assert estimate.demographics.zipcode == "98118"
    assert estimate.interval is None


def test_more_than_a_number_is_had_by_include(client: Client, live: Live) -> None:
    estimate = client.value_home({**HOME, "valuation_date": date(2015, 3, 1)}, include=["interval"])
    path = "/api/predict/?include=interval"
    _, plain = live.post(path, {**HOME, "valuation_date": "2015-03-01"})
    assert "interval" in plain
    assert (estimate.interval is None) == (plain["interval"] is None)
    with pytest.raises(InvalidInput, match="include"):
        client.value_home(HOME, include=["everything"])  # type: ignore[list-item]


def test_only_what_the_model_needs_will_do(client: Client) -> None:
    needed = client.required_facts()
    facts = {name: HOME[name] for name in needed.required}  # type: ignore[literal-required]
    estimate = client.value_home(facts, minimal=True)
    assert estimate.prediction == client.value_home(HOME).prediction
    assert set(needed.example) == set(needed.required)


def test_each_home_of_a_list_is_answered_or_refused(client: Client) -> None:
    answered = client.value_homes([HOME, {**HOME, "bedrooms": -1}, HOME])
    assert (answered.count, answered.answered, answered.refused) == (3, 2, 1)
    first, second, _ = answered.results
    assert first.answer is not None
    assert first.answer.prediction == client.value_home(HOME).prediction
    assert second.status == 422
    assert second.error is not None
    assert second.error.errors[0].field == "bedrooms"


def test_what_was_answered_is_found_again(client: Client) -> None:
    estimate = client.value_home(HOME)
    found = client.prediction(estimate.id)
    assert found.request == HOME
    assert found.response is not None
    assert found.response["prediction"] == estimate.prediction
    assert datetime.now(UTC) - found.asked_at < timedelta(minutes=1)


def test_the_same_key_gets_the_same_answer(client: Client) -> None:
    first = client.value_home(HOME, idempotency_key="the-same")
    assert client.value_home(HOME, idempotency_key="the-same").id == first.id


def test_a_refusal_names_every_field(client: Client) -> None:
    with pytest.raises(InvalidInput) as refused:
        client.value_home({**HOME, "bedrooms": -1, "grade": "good"})
    assert {error.field for error in refused.value.errors} == {"bedrooms", "grade"}
    assert refused.value.code == "invalid-input"
    assert refused.value.request_id
    with pytest.raises(NotFound, match="unknown-prediction"):
        client.prediction("01a20193-310e-705c-953a-7ff773457b53")


def test_the_next_price_of_bitcoin(client: Client) -> None:
    second = {field.name: field.example for field in SECOND_FIELDS}
    forecast = client.bitcoin.predict([second] * WINDOW, target="next_high")
    assert forecast.target == "next_high"
    assert forecast.currency == "USD"
    assert forecast.naive.last_close == second["price_close"]
    assert client.bitcoin.accuracy("all").predictor == "bitcoin"
    assert "forecasts" in client.bitcoin.live(minutes=1)


def test_the_versions_are_told(client: Client) -> None:
    standings = {standing.predictor: standing for standing in client.models()}
    active = standings["homes"].active
    assert active is not None
    listed = client.versions("homes")
    assert listed.active == active.version
    assert listed.versions[-1].version == 1
    detail = client.model("homes", active.version)
    assert detail.is_active
    assert "bedrooms" in detail.features
    assert any(switch.to_version == active.version for switch in listed.history)
    serving = client.serving("homes")
    assert all(process.version == active.version for process in serving.processes)
    here = client.version()
    assert {each.predictor for each in here.predictors} == {"homes", "bitcoin"}
    assert client.accuracy("homes", window="all").overall.n >= 0


def test_what_the_client_has_no_method_for_can_be_asked_too(client: Client) -> None:
    assert client.request("GET", "/livez") == {"status": "live"}
    with pytest.raises(ProblemError, match="405 method-not-allowed"):
        client.request("POST", "/livez", body={})


def test_who_shows_no_key_or_a_wrong_one_is_told(client: Client, live: Live) -> None:
    with pytest.raises(NotAuthenticated):
        client.activate("homes", 1)
    with Client(live.url, "vk_wrong") as wrong, pytest.raises(NotAuthenticated):
        wrong.version()


def test_a_key_does_what_its_scope_allows(with_key: Callable[[str], Client]) -> None:
    with pytest.raises(Forbidden, match="operate"):
        with_key("predict").activate("homes", 1)
    operator = with_key("operate")
    with pytest.raises(NotFound, match="unknown-version"):
        operator.activate("homes", 999_999, reason="none such")
    trainer = with_key("train")
    outcome: Any = {
        **{"id": "01a20193-310e-705c-953a-7ff773457b53", "actual": 437_500},
        "date": date(2026, 5, 1),
    }
    recorded = trainer.record_outcomes([outcome])
    assert recorded.refused == 1
    assert recorded.items[0].errors[0].field == "id"
