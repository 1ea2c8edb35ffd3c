"""`?include=`: members that stand beside an estimate when a client asks for them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from django.test import Client
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from modelregistry import runtime
from modelregistry.models import ModelVersion
from predictions.models import Prediction
from predictors.homes.inclusion_schemas import INCLUSIONS
from predictors.homes.ml.explaining import (
    Caution,
    Comparable,
    ComparableSales,
    Contributions,
    Interval,
    OwnSale,
    Rows,
)
from predictors.homes.ml.recipes import RECIPES
from predictors.homes.models import Sale

JSON = "application/json"
PATHS = ("/api/predict/", "/api/predict/minimal/")
ALL = "interval,comparables,contributions,warnings"
PLAIN = {"id", "prediction", "currency", "model", "api_version", "demographics", "data"}


def answered(api: Client, body: Any, query: str = "", path: str = PATHS[0]) -> dict[str, Any]:
    """What was answered is what is in the log."""
    response = api.post(f"{path}?{query}", body, content_type=JSON)
    answer: dict[str, Any] = response.json()
    assert response.status_code == 200, answer
    row = Prediction.objects.get(id=answer["id"])
    assert (row.response, row.request, row.endpoint) == (answer, body, path)
    return answer


def refused(api: Client, body: Any, query: str) -> list[dict[str, str]]:
    """Its faults; they are in the log too."""
    response = api.post(f"{PATHS[0]}?{query}", body, content_type=JSON)
    problem = response.json()
    assert (response.status_code, problem["code"]) == (422, "invalid-input")
    row = Prediction.objects.get(id=problem["id"])
    assert row.error is not None and row.error["errors"] == problem["errors"]
    assert row.prediction is None and row.response is None
    errors: list[dict[str, str]] = problem["errors"]
    return errors


@pytest.mark.parametrize("path", PATHS)
def test_it_works(
    api: Client, home: dict[str, Any], minimal_home: dict[str, Any], path: str
) -> None:
    """The basic model can only estimate: it says null, and fails nobody."""
    asked = home if path == PATHS[0] else minimal_home
    plain, answer = answered(api, asked, path=path), answered(api, asked, f"include={ALL}", path)
    assert plain.keys() == PLAIN
    assert answer.keys() == PLAIN | set(ALL.split(","))
    assert [answer[name] for name in ALL.split(",")] == [None] * 4
    assert answer["prediction"] == plain["prediction"]


@pytest.mark.parametrize(
    "query",
    [
        "include=interval,warnings",
        "include=interval&include=warnings",
        "include=warnings%2Cinterval&colour=red",
        "include=interval,warnings,interval&include=warnings",
    ],
)
def test_names_stand_between_commas_or_in_several_parameters(
    api: Client, home: dict[str, Any], query: str
) -> None:
    assert answered(api, home, query).keys() == PLAIN | {"interval", "warnings"}


@pytest.mark.parametrize("query", ["colour=red", "Include=interval", "&", "inclu=de"])
def test_other_parameters_are_nothing_to_it(api: Client, home: dict[str, Any], query: str) -> None:
    assert answered(api, home, query).keys() == PLAIN


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("include=colour", "colour"),
        ("include=interval,Comparables", "Comparables"),
        ("include=interval,", ""),
        ("include=", ""),
        ("include", ""),
        ("include=%00", "\x00"),
        ("include=%ff%fe", "\ufffd\ufffd"),
        (f"include={'x' * 500}", "x" * 60),
    ],
)
def test_an_unknown_name_is_refused(
    api: Client, home: dict[str, Any], query: str, name: str
) -> None:
    response = api.post(f"{PATHS[0]}?{query}", home, content_type=JSON)
    assert response.status_code == 422
    assert response.json()["errors"] == [
        {
            "field": "include",
            "detail": f'"{name}" cannot be included',
            "accepted": "any of interval, comparables, contributions, warnings, "
            "with commas between them",
        }
    ]
    row = Prediction.objects.get(id=response.json()["id"])
    assert row.error is not None and row.error["errors"][0]["field"] == "include"
    assert (row.status, row.prediction, row.response) == (422, None, None)


def test_it_is_refused_together_with_what_is_wrong_in_the_facts(
    api: Client, home: dict[str, Any]
) -> None:
    errors = refused(api, home | {"bedrooms": -1}, "include=colour,smell")
    assert [error["field"] for error in errors] == ["bedrooms", "include", "include"]


def test_what_is_no_object_is_only_that(api: Client) -> None:
    response = api.post(f"{PATHS[0]}?include=colour", [], content_type=JSON)
    assert (response.status_code, response.json()["code"]) == (422, "not-an-object")


class Explaining:
    """What a model may say, with numbers that were rounded nowhere."""

    def interval(self, row: Rows) -> Interval:
        low, high = np.float64(400_000.005001), np.float64(500_000.126)
        return Interval(0.9, float(low), high, 0.1134567, "high")

    def comparables(self, row: Rows) -> ComparableSales:
        facts: dict[str, float | str] = {"bedrooms": 3.0, "bathrooms": 2.25, "zipcode": "98118"}
        sold = date(2015, 2, 3)
        sale = Comparable(
            "0123456789", sold, 4e5, 401.23456, 0.128, 0.98765432, -12.345678, 399_987.654, facts
        )
        return ComparableSales([sale], [OwnSale("9876543210", sold, 3e5, "the same place")])

    def contributions(self, row: Rows) -> Contributions:
        return Contributions(100.01, {"grade": 7.0, "zipcode": "98118"}, {"lot": -0.1, "age": 2.0})

    def warnings(self, row: Rows, today: date) -> Sequence[Caution]:
        return [Caution("old", "no sales for long"), Caution("far", "beyond", "lot", "1 to 2")]


@pytest.fixture
def explained(db: None, monkeypatch: pytest.MonkeyPatch) -> Callable[[object], None]:
    """Lets the active model say what another object says; its estimates stay its own."""

    def explain(estimator: object) -> None:
        model = replace(runtime.active_model("homes"), estimator=estimator)
        monkeypatch.setattr(runtime, "active_model", lambda predictor: model)

    return explain


def test_what_the_model_says_is_given_as_json(
    api: Client, home: dict[str, Any], explained: Callable[[object], None]
) -> None:
    explained(Explaining())
    answer = answered(api, home, f"include={ALL}")
    fits(answer)
    assert {name: answer[name] for name in ALL.split(",")} == {
        "interval": {
            "level": 0.9,
            "lower": 400_000.01,
            "upper": 500_000.13,
            "fsd": 0.1135,
            "confidence": "high",
        },
        "comparables": {
            "sales": [
                {
                    "id": "0123456789",
                    "date": "2015-02-03",
                    "price": 400_000.0,
                    "price_per_sqft": 401.23,
                    "distance_miles": 0.13,
                    "similarity": 0.9877,
                    "adjustment": -12.35,
                    "adjusted_price": 399_987.65,
                    "facts": {"bedrooms": 3, "bathrooms": 2.25, "zipcode": "98118"},
                }
            ],
            "own": [
                {
                    "id": "9876543210",
                    "date": "2015-02-03",
                    "price": 300_000.0,
                    "reason": "the same place",
                }
            ],
        },
        "contributions": {
            "base": 100.01,
            "base_home": {"grade": 7, "zipcode": "98118"},
            "groups": [{"group": "lot", "dollars": -0.1}, {"group": "age", "dollars": 2.0}],
        },
        "warnings": [
            {"code": "old", "detail": "no sales for long"},
            {"code": "far", "detail": "beyond", "field": "lot", "accepted": "1 to 2"},
        ],
    }


@pytest.mark.parametrize("number", [float("nan"), float("inf"), np.float64("-inf")])
def test_what_is_no_number_is_a_defect_of_ours_and_never_answered(
    api: Client, home: dict[str, Any], explained: Callable[[object], None], number: float
) -> None:
    class Wrong(Explaining):
        def contributions(self, row: Rows) -> Contributions:
            return Contributions(1.0, {}, {"lot": number})

    explained(Wrong())
    response = api.post(f"{PATHS[0]}?include=contributions", home, content_type=JSON)
    assert (response.status_code, response.json()["code"]) == (500, "internal-error")
    row = Prediction.objects.get(id=response.json()["id"])
    assert (row.status, row.prediction, row.response) == (500, None, None)
    answered(api, home, "include=interval")


def fits(answer: Mapping[str, Any]) -> None:
    for name, schema in INCLUSIONS.items():
        Draft202012Validator(schema).validate(answer[name])


# What the champion says.

champion = pytest.mark.skipif("champion" not in RECIPES, reason="there is no recipe `champion` yet")


def cents(number: float) -> Decimal:
    return Decimal(str(number))


@champion
def test_the_champion_says_all_of_it(
    api: Client, home: dict[str, Any], champion_version: ModelVersion
) -> None:
    for day in ({}, {"valuation_date": "2015-03-01"}):
        plain = answered(api, home | day)
        answer = answered(api, home | day, f"include={ALL}")
        fits(answer)
        assert answer["prediction"] == plain["prediction"]
        assert answer["model"]["version"] == champion_version.version


@champion
def test_the_interval_holds_the_estimate(
    api: Client, home: dict[str, Any], champion_version: ModelVersion
) -> None:
    for grade in (4, 7, 12):
        answer = answered(api, home | {"grade": grade}, "include=interval")
        interval = answer["interval"]
        assert 0 < interval["lower"] <= answer["prediction"] <= interval["upper"]
        assert interval["level"] == 0.9
        assert interval["fsd"] > 0


@champion
def test_contributions_add_up_to_the_estimate_to_the_cent(
    api: Client, home: dict[str, Any], champion_version: ModelVersion
) -> None:
    for change in ({}, {"grade": 12}, {"valuation_date": "2014-06-01"}, {"waterfront": 1}):
        answer = answered(api, home | change, "include=contributions")
        found = answer["contributions"]
        dollars = [cents(group["dollars"]) for group in found["groups"]]
        assert cents(found["base"]) + sum(dollars) == cents(round(answer["prediction"], 2))
        assert all(value == round(value, 2) for value in dollars)


@champion
def test_comparables_are_earlier_sales_of_other_homes(
    api: Client, champion_version: ModelVersion
) -> None:
    sold = Sale.objects.latest("date", "id")
    names = api.get("/api/schema/?format=json").json()["components"]["schemas"]["HomesRequest"]
    facts = {name: getattr(sold, name) for name in names["required"]}
    for day in ({}, {"valuation_date": "2014-09-01"}):
        found = answered(api, facts | day, "include=comparables")["comparables"]
        assert 1 <= len(found["sales"]) <= 5
        for sale in found["sales"]:
            assert sale["id"] != sold.parcel
            assert sale["date"] <= day.get("valuation_date", sold.date.isoformat())
            assert sale["adjusted_price"] == pytest.approx(
                sale["price"] + sale["adjustment"], abs=0.02
            )
            known = Sale.objects.get(parcel=sale["id"], date=sale["date"])
            assert float(known.price) == sale["price"]
        likeness = [sale["similarity"] for sale in found["sales"]]
        assert likeness == sorted(likeness, reverse=True)
        own = {sale["id"] for sale in found["own"]}
        assert (sold.parcel in own) == (not day)  # in 2014 it was not sold yet


@champion
def test_a_home_unlike_any_that_was_sold_is_warned_of(
    api: Client, home: dict[str, Any], champion_version: ModelVersion
) -> None:
    usual = answered(api, home | {"sqft_lot": 19_000_000}, "include=warnings")["warnings"]
    assert "sqft_lot" in {warning.get("field") for warning in usual}


@champion
def test_switching_back_to_the_basic_model_fails_nobody(
    api: Client, home: dict[str, Any], champion_version: ModelVersion
) -> None:
    dated = home | {"valuation_date": "2015-03-01"}
    assert answered(api, dated, "include=interval")["interval"] is not None
    ModelVersion.objects.update(is_active=False)
    ModelVersion.objects.filter(name="basic").update(is_active=True)
    assert answered(api, dated, "include=interval")["interval"] is None
