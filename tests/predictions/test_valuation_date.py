"""`valuation_date`: the day for which a home is valued, if a client names one."""

from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from modelregistry.models import ModelVersion
from predictions.models import Prediction
from predictors.homes.models import ZipcodeDemographics

from .registering import registered

JSON = "application/json"
DAY = "2015-03-01"
MINIMAL = "/api/predict/minimal/"


@pytest.fixture
def version_with_time(tmp_path: Path, db: None) -> ModelVersion:
    """Active; it takes a day and a zipcode between other inputs."""
    version = registered(tmp_path, ["hous_val_amt", "valuation_date", "sqft_living", "zipcode"])
    call_command("activate_model", "homes", version.version, stdout=StringIO())
    return version


def test_it_works(api: Client, home: dict[str, Any], version_with_time: ModelVersion) -> None:
    """The model is given the day and the zipcode as numbers, and 0 if there was no day."""
    census = ZipcodeDemographics.objects.get(zipcode="98118").hous_val_amt
    small = {"sqft_living": 1680, "zipcode": "98118"}
    for path, facts in (("/api/predict/", home), (MINIMAL, small)):
        for zipcode in ("98118", 98118):  # the quick way and the thorough one
            for given, number in (({}, 0.0), ({"valuation_date": DAY}, date(2015, 3, 1))):
                asked = facts | {"zipcode": zipcode} | given
                response = api.post(path, asked, content_type=JSON)
                assert response.status_code == 200, response.json()
                day = number.toordinal() if isinstance(number, date) else number
                row = Prediction.objects.get(id=response.json()["id"])
                assert row.features == [census, day, 1680.0, 98118.0]
                assert row.request == asked
    required = api.get(MINIMAL).json()
    assert set(required["required"]) == set(required["example"]) == set(small)
    assert set(required["fields"]) == {*small, "valuation_date"}
    schema = api.get("/api/schema/?format=json").json()["components"]["schemas"]
    for name in ("HomesRequest", "HomesMinimalRequest"):
        day = schema[name]["properties"]["valuation_date"]
        assert (day["type"], day["format"]) == ("string", "date")
        assert "valuation_date" not in schema[name]["required"]
        assert "valuation_date" not in schema[name]["examples"][0]


def test_a_model_that_knows_no_time_gives_the_same_estimate_with_a_day(
    api: Client, home: dict[str, Any]
) -> None:
    plain = api.post("/api/predict/", home, content_type=JSON).json()
    dated = api.post("/api/predict/", home | {"valuation_date": DAY}, content_type=JSON).json()
    assert dated["prediction"] == plain["prediction"]
    assert Prediction.objects.get(id=dated["id"]).request["valuation_date"] == DAY


@pytest.mark.parametrize("day", ["2000-01-01", "2016-02-29", "2099-12-31"])
def test_any_day_of_this_century_is_accepted(api: Client, home: dict[str, Any], day: str) -> None:
    response = api.post("/api/predict/", home | {"valuation_date": day}, content_type=JSON)
    assert response.status_code == 200, response.json()


@pytest.mark.parametrize(
    "day",
    [
        "1999-12-31",
        "2100-01-01",
        "2015-02-29",
        "0000-01-01",
        "2015-3-1",
        "20150301",
        "2015-W09-7",
        "2015-03-01T00:00:00",
        "2015-03-01\n",
        "２０１５-03-01",
        "\x00",
        "",
        735658,
        735658.5,
        True,
        None,
        ["2015-03-01"],
    ],
)
def test_what_is_no_such_day_is_named(api: Client, home: dict[str, Any], day: Any) -> None:
    response = api.post("/api/predict/", home | {"valuation_date": day}, content_type=JSON)
    assert response.status_code == 422
    (error,) = response.json()["errors"]
    assert error["field"] == "valuation_date"
    assert error["accepted"] == "a day YYYY-MM-DD from 2000-01-01 to 2099-12-31"


def test_it_stands_for_no_other_fact(api: Client, home: dict[str, Any]) -> None:
    del home["grade"]
    response = api.post("/api/predict/", home | {"valuation_date": DAY}, content_type=JSON)
    assert [error["field"] for error in response.json()["errors"]] == ["grade"]


def test_the_minimal_endpoint_refuses_it_where_the_model_does_not_take_it(
    api: Client, minimal_home: dict[str, Any]
) -> None:
    asked = minimal_home | {"valuation_date": DAY}
    response = api.post(MINIMAL, asked, content_type=JSON)
    assert [error["field"] for error in response.json()["errors"]] == ["valuation_date"]
