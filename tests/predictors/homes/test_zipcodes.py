"""GET /api/homes/zipcodes/: where homes were sold, for how much, and what they are like."""

import gzip
from pathlib import Path as File
from typing import Any

import numpy as np
from django.db import connection
from django.test import Client
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from matplotlib.path import Path

from predictors.homes.loading import load_sales
from predictors.homes.models import DataLoad, Sale, ZipcodeDemographics
from tests.conftest import SAMPLE

PATH = "/api/homes/zipcodes/"


def get(api: Client) -> dict[str, Any]:
    response = api.get(PATH)
    assert response.status_code == 200
    found: dict[str, Any] = response.json()
    return found


def test_it_works(api: Client) -> None:
    found = get(api)
    assert (found["data"], found["sales"], len(found["zipcodes"])) == ("synthetic", 2100, 70)
    names = {place["zipcode"]: place["name"] for place in found["zipcodes"]}
    assert names["98103"] == "Seattle: Fremont, Green Lake, Wallingford"
    assert all(names.values())


def test_the_figures_are_those_of_a_query_by_hand(api: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT zipcode, count(*), percentile_disc(0.5) WITHIN GROUP (ORDER BY price)::float8, "
            "percentile_disc(ARRAY[0.25, 0.75]) WITHIN GROUP (ORDER BY price)::float8[], "
            "round(percentile_disc(0.5) WITHIN GROUP (ORDER BY price / sqft_living), 2)::float8, "
            "percentile_disc(0.5) WITHIN GROUP (ORDER BY grade), min(date), max(date) "
            "FROM homes_sale GROUP BY zipcode ORDER BY zipcode"
        )
        by_hand = cursor.fetchall()
    found = get(api)
    assert [
        (
            place["zipcode"],
            place["sales"],
            place["median_price"],
            place["middle_half"],
            place["median_price_per_sqft"],
            place["typical"]["grade"],
        )
        for place in found["zipcodes"]
    ] == [row[:6] for row in by_hand]
    assert found["first_sale"] == min(row[6] for row in by_hand).isoformat()
    assert found["last_sale"] == max(row[7] for row in by_hand).isoformat()
    census = ZipcodeDemographics.objects.get(zipcode="98103")
    (place,) = (place for place in found["zipcodes"] if place["zipcode"] == "98103")
    assert place["demographics"] == {
        "population": census.ppltn_qty,
        "median_household_income": census.medn_hshld_incm_amt,
        "median_home_value": census.hous_val_amt,
    }


def test_a_typical_home_of_every_zipcode_can_be_valued(api: Client) -> None:
    homes = [place["typical"] for place in get(api)["zipcodes"]]
    answered = api.post("/api/predict/bulk/", homes, content_type="application/json").json()
    assert (answered["answered"], answered["refused"]) == (70, 0)


def test_the_centre_is_a_home_that_was_sold_there(api: Client) -> None:
    for place in get(api)["zipcodes"]:
        assert Sale.objects.filter(zipcode=place["zipcode"], **place["centre"]).exists()


def test_the_outline_is_around_the_sales(api: Client) -> None:
    found = get(api)
    bounds, shares = found["bounds"], []
    for place in found["zipcodes"]:
        rings = [np.array(ring) for ring in place["outline"]]
        sales = Sale.objects.filter(zipcode=place["zipcode"]).values_list("long", "lat")
        inside = sum(Path(ring).contains_points(np.array(sales)) for ring in rings) % 2
        shares.append(float(np.mean(inside)))
    # Made-up zipcodes lie across each other here and there.
    assert min(shares) > 0 and np.mean(shares) > 0.85
    points = np.concatenate([ring for place in found["zipcodes"] for ring in place["outline"]])
    assert points.min(axis=0).tolist() == [bounds["west"], bounds["south"]]
    assert points.max(axis=0).tolist() == [bounds["east"], bounds["north"]]


def test_it_is_as_openapi_says(api: Client) -> None:
    described = api.get("/api/schema/?format=json").json()
    schema = {"$ref": "#/components/schemas/HomesZipcodes", **described}
    Draft202012Validator(schema).validate(get(api))


def test_who_has_it_is_told_so(api: Client) -> None:
    first = api.get(PATH)
    assert first["Cache-Control"] == "no-cache"
    tag = first["ETag"]
    for sent in (tag, f'"other", {tag}', "*"):
        again = api.get(PATH, headers={"If-None-Match": sent})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
    for sent in ('"other"', "nonsense", "\x00"):
        assert api.get(PATH, headers={"If-None-Match": sent}).content == first.content


def test_it_comes_small_to_those_who_can_read_it(api: Client) -> None:
    plain, small = api.get(PATH), api.get(PATH, headers={"Accept-Encoding": "br, gzip"})
    assert small["Content-Encoding"] == "gzip"
    assert gzip.decompress(small.content) == plain.content
    assert len(small.content) < len(plain.content) / 3


def test_a_new_file_shows_at_once(api: Client, tmp_path: File) -> None:
    assert get(api)["sales"] == 2100
    lines = (SAMPLE / "kc_house_data.csv").read_text().splitlines(keepends=True)
    (tmp_path / "sales.csv").write_text("".join(lines[:2]))
    load_sales(tmp_path / "sales.csv")  # no longer our sample: it makes room for it
    found = get(api)
    assert (found["sales"], [place["zipcode"] for place in found["zipcodes"]]) == (1, ["98014"])


def test_without_sales_it_says_that_it_is_not_ready(api: Client) -> None:
    Sale.objects.all().delete()
    DataLoad.objects.filter(dataset="sales").delete()
    response = api.get(PATH)
    assert (response.status_code, response.json()["code"]) == (503, "not-ready")
