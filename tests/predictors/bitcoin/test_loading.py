"""load_seconds, and what bin/up loads: seconds in both forms of the file, the handed-over model."""

import csv
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from modelregistry.models import ModelVersion
from modelregistry.services import activate_version
from predictors.bitcoin.loading import load_data
from predictors.bitcoin.models import Second
from tests.conftest import DATA_FOLDERS, SAMPLE
from tests.predictors.bitcoin.ml.test_handed_over import keras_file

from .conftest import Asking

FILE = SAMPLE / "bitcoin.csv"


def loaded(path: Path) -> str:
    said = StringIO()
    call_command("load_seconds", path, stdout=said)
    return said.getvalue()


def rows() -> list[list[str]]:
    with FILE.open(newline="") as file:
        return list(csv.reader(file))


def written(path: Path, lines: list[list[str]]) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(lines)
    return path


@pytest.mark.django_db
def test_it_works() -> None:
    """What is there already changes nothing."""
    assert Second.objects.count() == 2_000
    assert loaded(FILE) == "bitcoin.csv: 0 new, 2000 known\n"
    assert Second.objects.count() == 2_000


@pytest.mark.django_db
def test_the_form_with_row_numbers_is_read_too_and_real_seconds_take_the_place_of_made_up_ones(
    tmp_path: Path,
) -> None:
    header, *lines = rows()[:201]
    numbered = [["", *header], *([str(n), *line] for n, line in enumerate(lines))]
    assert loaded(written(tmp_path / "numbered.csv", numbered)).startswith("numbered.csv: 200 new")
    assert set(Second.objects.values_list("is_synthetic", flat=True)) == {False}
    assert Second.objects.count() == 200
    with pytest.raises(CommandError, match="they never mix"):
        loaded(FILE)


@pytest.mark.django_db
def test_a_file_whose_highs_were_cut_off_is_refused_whole(tmp_path: Path) -> None:
    header, *lines = rows()
    high, price = header.index("price_high"), header.index("price_close")
    limit = sorted(float(line[price]) for line in lines)[len(lines) // 2]
    cut = [
        [str(min(float(cell), limit)) if n == high else cell for n, cell in enumerate(line)]
        for line in lines
    ]
    with pytest.raises(CommandError, match="highs-cut-off"):
        loaded(written(tmp_path / "cut.csv", [header, *cut]))
    assert Second.objects.filter(is_synthetic=True).count() == 2_000


@pytest.mark.django_db
def test_faults_are_named_by_line_and_column(tmp_path: Path) -> None:
    header, *lines = rows()[:101]
    lines[3][header.index("price_low")] = "many"
    lines[7][header.index("time_period_start")] = "yesterday"
    with pytest.raises(CommandError, match=r"line 5, price_low.*line 9, time_period_start"):
        loaded(written(tmp_path / "wrong.csv", [header, *lines]))


@pytest.mark.django_db
def test_the_handed_over_model_is_registered_and_not_active(
    tmp_path: Path, ask: Asking, request_json: dict[str, Any]
) -> None:
    """It answers what it was trained for, the current high, if somebody activates it after all."""
    (tmp_path / "bitcoin.csv").write_bytes(FILE.read_bytes())
    (tmp_path / "model.h5").write_bytes(keras_file((359, 4, 1), ("linear", "relu")))
    said: list[str] = []
    for _ in range(2):
        load_data(folder=tmp_path, report=said.append)
    version = ModelVersion.objects.get(predictor="bitcoin", name="handed-over")
    assert (version.gate, version.is_active) == ("passed", False)
    assert version.metrics["test"]["rmse"] > version.metrics["test_persistence"]["rmse"] > 0
    assert len(said) == 1 and "not active" in said[0]
    activate_version(predictor="bitcoin", version=version.version, actor="test")
    status, answer = ask(request_json)
    assert (status, answer["target"]) == (200, "current_high")
    status, refusal = ask(request_json | {"target": "next_close"})
    assert (status, refusal["errors"][0]["field"]) == (422, "target")
    shown = StringIO()
    call_command("replay_predictions", "--id", answer["id"], stdout=shown)
    assert "equal in every bit: 1" in shown.getvalue()


@pytest.mark.real_data
@pytest.mark.django_db
def test_the_clipped_file_is_noticed() -> None:
    with pytest.raises(CommandError, match=r"high-below-price.*highs-cut-off"):
        loaded(DATA_FOLDERS["real"] / "bitcoin_clipped_high.csv")
