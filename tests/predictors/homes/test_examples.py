"""GET /api/homes/examples/: homes to try the service with, from a file."""

import csv
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from predictors.homes.ml.schema import HOME_COLUMNS
from predictors.homes.models import DataLoad, ExampleHome, ZipcodeDemographics
from predictors.homes.predictor import HomesPredictor
from tests.conftest import SAMPLE

PATH = "/api/homes/examples/"
FILE = SAMPLE / "future_unseen_examples.csv"
pytestmark = pytest.mark.django_db


def test_it_works(api: Client) -> None:
    call_command("load_examples", FILE)
    found = api.get(PATH).json()
    described = api.get("/api/schema/?format=json").json()
    schema = {"$ref": "#/components/schemas/HomesExamples", **described}
    Draft202012Validator(schema).validate(found)
    assert (found["data"], len(found["examples"])) == ("synthetic", 12)
    assert found["source"].startswith("future_unseen_examples.csv (synthetic, sha256:")
    with FILE.open() as file:
        homes = [list(map(float, row.values())) for row in csv.DictReader(file)]
    for home in found["examples"]:
        assert list(home) == list(HOME_COLUMNS)
        assert list(map(float, home.values())) in homes


def test_every_one_can_be_valued(api: Client) -> None:
    call_command("load_examples", FILE)
    kept = ExampleHome.objects.earliest("id").facts["zipcode"]
    ZipcodeDemographics.objects.exclude(zipcode=kept).delete()
    homes = api.get(PATH).json()["examples"]
    answered = api.post("/api/predict/bulk/", homes, content_type="application/json").json()
    assert answered["answered"] == len(homes) > 0


def test_none_is_no_error(api: Client) -> None:
    assert api.get(PATH).json() == {"data": None, "source": None, "examples": []}


def test_another_file_comes_in_place_of_the_one_before(tmp_path: Path, api: Client) -> None:
    call_command("load_examples", FILE)
    lines = FILE.read_text().splitlines(keepends=True)
    (tmp_path / "mine.csv").write_text("".join([lines[0], lines[5], lines[5]]))
    call_command("load_examples", tmp_path / "mine.csv")
    found = api.get(PATH).json()
    assert (found["data"], len(found["examples"])) == ("real", 2)
    with pytest.raises(CommandError, match="synthetic, and the database holds real examples"):
        call_command("load_examples", FILE)
    assert api.get(PATH).json() == found


def test_they_come_with_the_other_files(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        HomesPredictor().load_data(folder=SAMPLE, report=print)
    assert capsys.readouterr().out.count("future_unseen_examples.csv: 100 new") == 1
    assert ExampleHome.objects.count() == 100


def test_a_bad_file_of_them_keeps_nobody_from_starting(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("kc_house_data.csv", "zipcode_demographics.csv"):
        (tmp_path / name).write_bytes((SAMPLE / name).read_bytes())
    (tmp_path / FILE.name).write_text(FILE.read_text().replace("grade", "class"))
    HomesPredictor().load_data(folder=tmp_path, report=print)
    assert "line 1: column grade is missing" in capsys.readouterr().out
    assert not DataLoad.objects.filter(dataset="examples").exists()
