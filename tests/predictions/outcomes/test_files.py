"""CSVs of what happened: by the ids of predictions, or by the homes themselves."""

import csv
import io
import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from modelregistry.models import ModelVersion
from predictions.outcomes.filing import record_csv
from predictions.outcomes.matching import DEFAULT_WINDOW
from predictions.outcomes.models import Outcome, Source
from predictions.outcomes.services import MOST_AT_ONCE
from predictors.homes.frames import demographics_frame, sales_frame
from predictors.homes.ml.inputs import inputs_of
from predictors.homes.ml.schema import HOME_COLUMNS
from tests.conftest import SAMPLE
from tests.predictions.outcomes.conftest import Post, log_answers
from tests.predictions.versions.conftest import another

CSV = {"content_type": "text/csv"}


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def valued(version: ModelVersion, count: int, moment: datetime | None = None) -> list[str]:
    """The sample's first sales as predictions; their ids."""
    sales = sales_frame()[:count]
    inputs = inputs_of(sales, demographics_frame(), version.feature_names).to_numpy()
    requests: list[Any] = sales[list(HOME_COLUMNS)].to_dict("records")
    return [name for name, _ in log_answers(version, requests, inputs, moment)]


def sold(count: int, day: str = "") -> str:
    """The sample's file, its first sales."""
    with (SAMPLE / "kc_house_data.csv").open(newline="") as file:
        rows = [row for row, _ in zip(csv.DictReader(file), range(count), strict=False)]
    return table([{**row, "date": day or row["date"]} for row in rows])


def test_it_works(post: Post, answer: dict[str, Any]) -> None:
    text = table([{"id": answer["id"], "actual": 437_500, "date": "2026-05-01"}])
    found = post("\ufeff" + text, **CSV).json()
    assert (found["recorded"], found["items"][0]["line"]) == (1, 2)
    assert Outcome.objects.get().actual == 437_500


def test_homes_find_their_predictions(post: Post, active_version: ModelVersion) -> None:
    ids = valued(active_version, 100)
    found = post(sold(110), "?window=any", **CSV).json()
    assert (found["recorded"], found["unmatched"]) == (100, 10)
    recorded = [item for item in found["items"] if item["result"] == "recorded"]
    assert {item["id"].replace("-", "") for item in recorded} == set(ids)
    assert {item["training_data"]["result"] for item in recorded} == {"known"}
    assert [item["line"] for item in found["items"]] == list(range(2, 112))
    again = post(sold(110), "?window=any", **CSV).json()
    assert (again["unchanged"], again["unmatched"]) == (100, 10)


def test_only_predictions_in_the_window_count(post: Post, active_version: ModelVersion) -> None:
    now = datetime.now(UTC)
    valued(active_version, 3, now - timedelta(days=50))
    today = now.date().isoformat()
    assert post(sold(3, today), "?window=40d", **CSV).json()["unmatched"] == 3
    early = (now - timedelta(days=60)).date().isoformat()
    assert post(sold(3, early), **CSV).json()["unmatched"] == 3  # valued after the sale
    assert post(sold(3, today), **CSV).json()["recorded"] == 3


def test_the_latest_prediction_of_each_version_takes_it(
    post: Post, active_version: ModelVersion
) -> None:
    now = datetime.now(UTC)
    valued(active_version, 1, now - timedelta(days=3))
    expected = {
        *valued(active_version, 1, now - timedelta(days=2)),
        *valued(another(), 1, now - timedelta(days=1)),
    }
    found = post(sold(1, now.date().isoformat()), **CSV).json()
    assert {item["id"].replace("-", "") for item in found["items"]} == expected
    assert found["recorded"] == 2


def test_a_home_sold_twice_gives_its_predictions_to_the_nearer_sale(
    post: Post, active_version: ModelVersion
) -> None:
    now = datetime.now(UTC)
    (early,) = valued(active_version, 1, now - timedelta(days=100))
    (late,) = valued(active_version, 1, now - timedelta(days=2))
    days = [(now - timedelta(days=days)).date().isoformat() for days in (90, 1)]
    both = sold(1, days[0]) + sold(1, days[1]).splitlines()[1] + "\n"
    items = post(both, "?window=180d", **CSV).json()["items"]
    assert [item["id"].replace("-", "") for item in items] == [early, late]
    # Told of the later sale alone, the earlier prediction keeps its own.
    items = post(sold(1, days[1]), "?window=180d", **CSV).json()["items"]
    assert [(i["id"].replace("-", ""), i["result"]) for i in items] == [(late, "unchanged")]


def test_refused_requests_do_no_harm_to_the_search(
    api: Client, post: Post, active_version: ModelVersion, home: dict[str, Any]
) -> None:
    asked: list[Any] = [{**home, "lat": "north"}, {**home, "lat": [1]}, [], "x", 7]
    for wrong in asked:
        api.post("/api/predict/", json.dumps(wrong), content_type="application/json")
    valued(active_version, 2)
    assert post(sold(2), "?window=any", **CSV).json()["recorded"] == 2


@pytest.mark.parametrize("number", ["1e-400", f"0.{'0' * 330}1"])
def test_a_number_too_small_for_the_database_does_no_harm_to_the_search(
    api: Client, post: Post, active_version: ModelVersion, home: dict[str, Any], number: str
) -> None:
    """Python reads it as 0, which may be asked."""
    asked = json.dumps({**home, "bathrooms": 17}).replace("17", number)
    answered = api.post("/api/predict/", asked, content_type="application/json")
    assert answered.status_code == 200
    valued(active_version, 2)
    assert post(sold(2), "?window=any", **CSV).json()["recorded"] == 2


def test_the_first_day_and_the_longest_window_are_no_error(
    post: Post, active_version: ModelVersion
) -> None:
    valued(active_version, 1)
    days = ["0001-01-01", "1969-12-31", "1970-01-01", "9999-12-31", ""]
    days[-1] = datetime.now(UTC).date().isoformat()
    header = sold(1).splitlines()[0]
    text = "\n".join([header, *(sold(1, day).splitlines()[1] for day in days)])
    found = post(text, "?window=36500d", **CSV).json()
    results = [item["result"] for item in found["items"]]
    assert results == ["refused", "refused", "unmatched", "refused", "recorded"]
    assert {f["field"] for item in found["items"][:2] for f in item["errors"]} == {"date"}


def test_what_was_told_by_id_takes_the_row_too(post: Post, active_version: ModelVersion) -> None:
    """Not a later prediction: one sale counts once for a version."""
    (told,) = valued(active_version, 1)
    valued(active_version, 1)
    day = datetime.now(UTC).date().isoformat()
    (row,) = csv.DictReader(io.StringIO(sold(1, day)))
    post({"id": told, "actual": float(row["price"]), "date": day})
    (item,) = post(sold(1, day), **CSV).json()["items"]
    assert (item["id"].replace("-", ""), item["result"]) == (told, "unchanged")


def test_of_a_prediction_twice_in_a_long_file_the_second_is_refused(answer: dict[str, Any]) -> None:
    """However far apart: they are recorded in several transactions."""
    row = {"id": answer["id"], "actual": 400_000, "date": "2026-05-01"}
    others = [{**row, "id": str(uuid.UUID(int=place))} for place in range(MOST_AT_ONCE)]
    filed = record_csv(
        text=table([row, *others, {**row, "actual": 500_000}]),
        predictor_name="homes",
        window=DEFAULT_WINDOW,
        source=Source.FILE,
        recorded_by="olga",
    )
    assert (filed[0].result.word, filed[-1].result.word) == ("recorded", "refused")
    assert "twice" in filed[-1].result.faults[0].detail
    assert Outcome.objects.get().actual == 400_000


def test_a_wrong_row_is_named_and_the_others_are_recorded(
    post: Post, answer: dict[str, Any]
) -> None:
    good = {"id": answer["id"], "price": "437500", "date": "2026-05-01"}
    text = table([{**good, "id": "x"}, {**good, "price": "much"}, {**good, "date": "May"}, good])
    found = post(text + "1,2\n\n", **CSV).json()
    assert (found["recorded"], found["refused"]) == (1, 4)
    faults = [(i["line"], i["errors"][0]["field"]) for i in found["items"] if "errors" in i]
    assert faults == [(2, "id"), (3, "actual"), (4, "date"), (6, "row")]


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("\n", {"id", "date", "actual"}),
        ("id,date\n", {"actual"}),
        ("id,date,price,actual\n", {"actual"}),
        ("id,date,price,colour\n", {"colour"}),
        ("id,date,price,date\n", {"date"}),
        ("id,date,price\n", {"body"}),
        ('id,date,price\n"1', {"body"}),
        ("date,price,lat\n", {"long", "sqft_lot", "yr_built", "sqft_living", "bedrooms"}),
    ],
)
def test_a_csv_that_is_none_is_a_problem(post: Post, text: str, fields: set[str]) -> None:
    response = post(text, **CSV)
    assert (response.status_code, response.json()["code"]) == (422, "invalid-input")
    assert fields <= {fault["field"] for fault in response.json()["errors"]}


def test_other_encodings_and_parameters_are_problems(post: Post) -> None:
    assert post("id,date,price\né".encode("latin-1"), **CSV).status_code == 400
    assert post("id,date,price\n", "?window=soon", **CSV).status_code == 422
    assert post("id,date,price\n", "?when=soon", **CSV).status_code == 422


def test_the_command_says_what_became_of_every_row(
    active_version: ModelVersion, tmp_path: Path, capsys: Any
) -> None:
    valued(active_version, 5)
    path = tmp_path / "sold.csv"
    path.write_text(sold(7))
    call_command("record_outcomes", path, "--window=any", f"--by={'olga' * 50}")
    said = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in said[:2]] == ["line 7", "line 8"]
    assert said[2] == "5 recorded, 0 corrected, 0 unchanged, 0 refused, 2 unmatched"
    assert said[3] == "0 became training data"
    assert {(o.source, o.recorded_by) for o in Outcome.objects.all()} == {
        ("file", ("olga" * 50)[:150])
    }


def test_the_command_refuses_what_is_no_such_file(db: None, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        call_command("record_outcomes", tmp_path / "none.csv")
    path = tmp_path / "wrong.csv"
    path.write_text("a,b\n")
    with pytest.raises(CommandError, match="id: the column is missing"):
        call_command("record_outcomes", path)
