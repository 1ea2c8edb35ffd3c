"""A bad row is an error in its row: which field, and why. The others are scored."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from predictions.models import Prediction
from tests.predictions.batches.conftest import Asking, Table, as_csv, read_csv

Line = bytes
ROWS = 1_000


def having(**cells: str) -> Callable[[dict[str, str]], Line]:
    return lambda row: as_csv([{**row, **cells}]).split(b"\r\n", 1)[1]


def line(row: dict[str, str]) -> Line:
    return having()(row)


# What becomes of the line of a home, and the field that is named for it.
KINDS: dict[str, tuple[Callable[[dict[str, str]], Line], str]] = {
    "text where a number belongs": (having(bedrooms="many"), "bedrooms"),
    "a fraction of a whole": (having(grade="7.5"), "grade"),
    "out of range": (having(lat="0"), "lat"),
    "nothing": (having(sqft_lot=""), "sqft_lot"),
    "not a number": (having(bathrooms="NaN"), "bathrooms"),
    "no zipcode": (having(zipcode="9810"), "zipcode"),
    "a zipcode of nowhere": (having(zipcode="00501"), "zipcode"),
    "parts that do not add up": (having(sqft_above="101"), "sqft_living"),
    "cells missing": (lambda row: b"1,2,3\r\n", "row"),
    "cells too many": (lambda row: line(row).rstrip() + b",1,2\r\n", "row"),
    "another encoding": (lambda row: having(date="caf?")(row).replace(b"?", b"\xe9"), "row"),
    "a quote that is not closed": (lambda row: b'"' + line(row), "row"),
}


@pytest.fixture
def small_chunks(settings: Any) -> None:
    settings.BATCH_CHUNK_ROWS = 130


@pytest.mark.usefixtures("small_chunks")
def test_it_works(asking: Asking, homes: Table) -> None:
    """One row in a hundred is bad, each in another way; each is named, the rest is scored."""
    sent = [homes[place % len(homes)] for place in range(ROWS)]
    lines = [line(row) for row in sent]
    broken = {90 + 80 * place: kind for place, kind in enumerate(KINDS)}
    # The head is looked at for its encoding at once: what is wrong there is refused.
    assert sum(map(len, lines[:880])) > 65_536
    for place, kind in broken.items():
        lines[place] = KINDS[kind][0](sent[place])
    header = as_csv(sent[:1]).split(b"\r\n")[0] + b"\r\n"
    batch = asking.scored(header + b"".join(lines))
    found = read_csv(asking.results(batch))
    assert len(found) == ROWS
    for place, row in enumerate(found):
        if place not in broken:
            assert row["prediction"] and not row["error"]
            assert row["id"] == sent[place]["id"]
            continue
        field = KINDS[broken[place]][1]
        assert row["error"].startswith(f"{field}: "), broken[place]
        assert not row["prediction"]
    errors = asking.document(batch)["errors"]
    assert [error["row"] - 1 for error in errors["first"]] == list(broken)
    assert errors["by_field"]["row"] == 4
    assert errors["by_field"]["zipcode"] == 2
    logged = Prediction.objects.filter(request_id=str(batch.pk))
    refused = logged.filter(status=422).order_by("id")
    assert logged.count() == ROWS and logged.filter(status=200).count() == ROWS - len(broken)
    assert [str(row.id) for row in refused] == [error["id"] for error in errors["first"]]
    assert all(row.error and row.prediction is None for row in refused)


@pytest.mark.parametrize("name", ["bedrooms", "zipcode", "floors"])
def test_the_api_says_the_same(
    api: Client, asking: Asking, home: dict[str, Any], name: str
) -> None:
    asked = {**home, name: "many"}
    response = api.post("/api/predict/", asked, content_type="application/json").json()
    batch = asking.scored(as_csv([{key: str(value) for key, value in asked.items()}]))
    assert asking.document(batch)["errors"]["first"][0]["errors"] == response["errors"]


def test_lines_that_are_no_objects_are_bad_rows(asking: Asking, home: dict[str, Any]) -> None:
    lines = [home, [1], "text", {**home, "bedrooms": None}, {}, {**home, "grade": 1e99}, home]
    content = "\n".join(map(json.dumps, lines)) + '\n{"bedrooms": 1, "bedrooms": 2}\n{"a'
    content += "\n" + json.dumps({**home, "bedrooms": "a\x00b"})
    batch = asking.scored(content.encode(), "application/jsonl")
    found = [row["error"].partition(":")[0] for row in read_csv(asking.results(batch))]
    assert found == [
        "",
        "row",
        "row",
        "bedrooms",
        "bedrooms",
        "grade",
        "",
        "row",
        "row",
        "bedrooms",
    ]


def test_a_row_without_end_costs_only_itself(asking: Asking, homes: Table) -> None:
    sent = [{**row, "note": ""} for row in homes[:3]]
    sent[1]["note"] = "x" * 100_000
    found = read_csv(asking.results(asking.scored(as_csv(sent))))
    assert [bool(row["prediction"]) for row in found] == [True, False, True]
    assert found[1]["error"].startswith("row: the row is longer than 64 KB")
