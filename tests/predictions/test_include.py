"""`?include=`: members that stand beside an estimate when a client asks for them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.db.models import Max, Min
from django.test import Client
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from modelregistry.models import ModelVersion
from predictions.models import Prediction
from predictors.homes.inclusion_schemas import INCLUSIONS
from predictors.homes.ml.schema import HOME_COLUMNS
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


def fits(answer: Mapping[str, Any]) -> None:
    for name, schema in INCLUSIONS.items():
        Draft202012Validator(schema).validate(answer[name])


def cents(number: float) -> Decimal:
    return Decimal(str(number))


def test_the_champion_says_all_of_it(
    api: Client, home: dict[str, Any], champion_version: ModelVersion
) -> None:
    for change in ({}, {"grade": 12}, {"waterfront": 1}, {"valuation_date": "2014-06-01"}):
        plain = answered(api, home | change)
        answer = answered(api, home | change, f"include={ALL}")
        assert answer["prediction"] == plain["prediction"]
        assert answer["model"]["version"] == champion_version.version
        for name, schema in INCLUSIONS.items():
            Draft202012Validator(schema).validate(answer[name])
        the_interval_holds_the_estimate(answer)
        contributions_add_up_to_the_estimate_to_the_cent(answer)
    comparables_are_earlier_sales_of_other_homes(api)
    a_home_unlike_any_that_was_sold_is_warned_of(api, home)
    a_home_unlike_those_of_its_zipcode_is_warned_of(api, home)
    switching_back_to_the_basic_model_fails_nobody(api, home)


def the_interval_holds_the_estimate(answer: Mapping[str, Any]) -> None:
    interval = answer["interval"]
    assert 0 < interval["lower"] <= answer["prediction"] <= interval["upper"]
    assert interval["level"] == 0.9 and interval["fsd"] > 0


def contributions_add_up_to_the_estimate_to_the_cent(answer: Mapping[str, Any]) -> None:
    found = answer["contributions"]
    dollars = [cents(group["dollars"]) for group in found["groups"]]
    assert cents(found["base"]) + sum(dollars) == cents(round(answer["prediction"], 2))
    assert all(value == round(value, 2) for value in dollars)


def comparables_are_earlier_sales_of_other_homes(api: Client) -> None:
    sold = Sale.objects.latest("date", "id")
    facts = {name: getattr(sold, name) for name in HOME_COLUMNS}
    for day in ({}, {"valuation_date": "2014-09-01"}):
        found = answered(api, facts | day, "include=comparables")["comparables"]
        assert 1 <= len(found["sales"]) <= 5
        for sale in found["sales"]:
            assert sale["id"] != sold.parcel
            assert sale["date"] <= day.get("valuation_date", sold.date.isoformat())
            adjusted = cents(sale["price"]) + cents(sale["adjustment"])
            assert abs(adjusted - cents(sale["adjusted_price"])) <= Decimal("0.01")
            known = Sale.objects.get(parcel=sale["id"], date=sale["date"])
            assert float(known.price) == sale["price"]
        likeness = [sale["similarity"] for sale in found["sales"]]
        assert likeness == sorted(likeness, reverse=True)
        own = {sale["id"] for sale in found["own"]}
        assert (sold.parcel in own) == (not day)  # in 2014 it was not sold yet
    # Told a little differently, or after a renovation, it is still no comparable of itself.
    for change in (
        {"lat": facts["lat"] + 0.0001},
        {"sqft_living15": facts["sqft_living15"] + 10},
        {"condition": facts["condition"] % 5 + 1, "yr_renovated": 2015},
    ):
        found = answered(api, facts | change, "include=comparables")["comparables"]
        assert sold.parcel not in {sale["id"] for sale in found["sales"]}
        assert "may be" in {sale["id"]: sale["reason"] for sale in found["own"]}[sold.parcel]


def a_home_unlike_any_that_was_sold_is_warned_of(api: Client, home: dict[str, Any]) -> None:
    odd = home | {"sqft_lot": 19_000_000, "lat": 46.6, "valuation_date": "2016-05-01"}
    warnings = answered(api, odd, "include=warnings")["warnings"]
    by_code = {warning["code"]: warning for warning in warnings}
    assert by_code["outside-training-data"]["field"] == "sqft_lot"
    assert {"far-from-any-sale", "zipcode-not-at-position", "model-is-old"} <= by_code.keys()
    assert answered(api, odd, "include=interval")["interval"]["confidence"] == "low"
    assert "98118" in by_code["zipcode-not-at-position"]["detail"]


def a_home_unlike_those_of_its_zipcode_is_warned_of(api: Client, home: dict[str, Any]) -> None:
    known = Sale.objects.filter(zipcode=home["zipcode"]).aggregate(
        Max("sqft_living"), Min("sqft_living"), Min("sqft_lot"), Max("sqft_lot")
    )
    largest, least = known["sqft_living__max"], known["sqft_living__min"]
    # Elsewhere there are larger ones, so it is not unlike all that was sold.
    assert Sale.objects.filter(sqft_living__gt=largest + 1).exists()

    def warnings(living: int, **more: Any) -> list[dict[str, str]]:
        asked = home | {"sqft_living": living, "sqft_above": living, "sqft_basement": 0} | more
        found = answered(api, asked, "include=warnings")["warnings"]
        about = [warning for warning in found if warning["code"] == "unusual-for-zipcode"]
        return [warning for warning in about if warning["field"] in ("sqft_living", "sqft_lot")]

    lot = known["sqft_lot__max"]
    assert warnings(largest, sqft_lot=lot) == []
    assert warnings(largest + 1, sqft_lot=lot) == [
        {
            "code": "unusual-for-zipcode",
            "detail": f"larger than any home that the model has seen in {home['zipcode']}",
            "field": "sqft_living",
            "accepted": f"{least} to {largest} in {home['zipcode']}",
        }
    ]
    # Said once: this is beyond every home there is.
    assert [warning["field"] for warning in warnings(40_000, sqft_lot=lot)] == []


def switching_back_to_the_basic_model_fails_nobody(api: Client, home: dict[str, Any]) -> None:
    dated = home | {"valuation_date": "2015-03-01"}
    assert answered(api, dated, "include=interval")["interval"] is not None
    call_command("activate_model", "homes", 1)
    assert answered(api, dated, "include=interval")["interval"] is None
