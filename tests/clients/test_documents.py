"""Answers become objects: all that an answer may hold, and what it must not be."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from valuation_client import Estimate, UnexpectedAnswer
from valuation_client.documents import build
from valuation_client.versions import Activation

SALE = {"id": "9991829787", "date": "2015-01-23", "price": 320900.0}
ANSWER: dict[str, Any] = {
    "id": "01a20662-fb36-7144-aa03-7582d11bd796",
    "prediction": 355400,
    "currency": "USD",
    "model": {"predictor": "homes", "name": "champion", "version": 2, "digest": "sha256:d844"},
    "api_version": "1.0.0",
    "demographics": {"zipcode": "98118", "source": "zipcode_demographics.csv"},
    "data": "synthetic",
    "interval": {
        **{"level": 0.9, "lower": 3e5, "upper": 4e5, "fsd": 0.1, "confidence": "high"},
    },
    "comparables": {
        "sales": [
            SALE
            | {"price_per_sqft": 205.71, "distance_miles": 1.03, "similarity": 0.4182}
            | {"adjustment": -9489.15, "adjusted_price": 311410.85, "facts": {"bedrooms": 4}}
        ],
        "own": [SALE | {"reason": "same place"}],
    },
    "contributions": {
        **{"base": 4e5, "base_home": {"bedrooms": 3}},
        "groups": [{"group": "location", "dollars": -44_600.0}],
    },
    "warnings": [{"code": "few-sales-in-zipcode", "detail": "30 sales", "field": "zipcode"}],
}


def test_it_works() -> None:
    estimate = build(Estimate, ANSWER)
    assert estimate.prediction == 355400.0 and isinstance(estimate.prediction, float)
    assert estimate.comparables is not None
    assert estimate.comparables.sales[0].date == date(2015, 1, 23)
    assert estimate.comparables.own[0].reason == "same place"
    assert estimate.contributions is not None
    assert estimate.contributions.groups[0].dollars == -44_600
    assert estimate.interval is not None and estimate.interval.confidence == "high"
    assert estimate.warnings is not None and estimate.warnings[0].accepted is None


def test_names_that_python_has_for_itself_are_read_too() -> None:
    document = {
        **{"from": None, "to": 2, "at": "2026-11-23T03:05:56.931Z", "actor": "olga"},
        **{"reason": "", "database_user": "housing"},
    }
    switch = build(Activation, document)
    assert (switch.from_version, switch.to_version) == (None, 2)
    assert switch.at == datetime(2026, 11, 23, 3, 5, 56, 931_000, UTC)


@pytest.mark.parametrize(
    ("member", "value", "said"),
    [
        ("prediction", "355400", r"answer\.prediction: '355400' is no float"),
        ("prediction", True, r"answer\.prediction: 'True' is no float"),
        ("prediction", None, r"answer\.prediction: 'None' is no float"),
        ("model", {"name": "basic"}, r"answer\.model has no predictor"),
        ("warnings", [{}], r"answer\.warnings\[0\] has no code"),
        ("interval", 5, r"answer\.interval: '5' is no dict"),
        ("comparables", {"sales": [], "own": [SALE | {"date": "soon"}]}, "'soon' is no date"),
    ],
)
def test_what_is_not_as_described_is_named(member: str, value: Any, said: str) -> None:
    with pytest.raises(UnexpectedAnswer, match=said):
        build(Estimate, ANSWER | {member: value})
