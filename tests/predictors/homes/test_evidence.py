"""The figures in the documents are those that `evaluate_model` printed, and prints."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.conf import settings

from learning.splits import random_split
from predictors.homes.frames import home_data
from predictors.homes.ml.champion.features import INPUTS
from predictors.homes.ml.champion.model import Champion
from predictors.homes.ml.evaluation.accuracy import measure
from predictors.homes.ml.evaluation.fitting import Bench
from predictors.homes.ml.evaluation.summary import lines
from predictors.homes.ml.inputs import inputs_of
from tests.servers import REAL_DATA

ROOT: Path = settings.BASE_DIR
EVIDENCE = ROOT / "docs" / "evidence"
NUMBER = re.compile(r"(?<![\w.])[+-]?\d[\d,]*(?:\.\d+)?")
# Between these two the figures of a document are from the evidence.
MARKED = re.compile(r"<!-- figures -->(.*?)<!-- end of figures -->", re.S)


def kept(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((EVIDENCE / f"{name}.json").read_text())
    return found


def printed(name: str) -> list[str]:
    return (EVIDENCE / f"{name}.txt").read_text().splitlines()


@pytest.mark.parametrize("name", ["basic", "champion"])
def test_it_works(name: str) -> None:
    """What was printed is what was kept."""
    assert lines(kept(name)) == printed(name)


@pytest.mark.parametrize("document", ["README.md", "docs/home-model.md", "docs/home-values.md"])
def test_every_marked_figure_of_a_document_was_printed(document: str) -> None:
    known = [
        float(number.replace(",", ""))
        for name in ("basic", "champion")
        for line in printed(name)
        for number in NUMBER.findall(line)
    ]
    parts = MARKED.findall((ROOT / document).read_text())
    assert parts
    for number in (found for part in parts for found in NUMBER.findall(part)):
        text = number.replace(",", "")
        if text.isdigit() and int(text) <= 100:
            continue  # a label: 5 folds, within 10 %
        digits = len(text.partition(".")[2])
        # Rounded, or a share of 1 as a percentage, or its sign in words.
        shown = abs(float(text))
        assert any(
            round(abs(value) * factor, digits) == shown for value in known for factor in (1, 100)
        ), f"{document}: {number} was not printed"


@pytest.mark.real_data
def test_the_random_split_gives_the_same_again(db: None) -> None:
    """And its model answers one home as its artifact does, for every fifth that was sold."""
    assert REAL_DATA
    files = {
        "sales": Path(REAL_DATA) / "kc_house_data.csv",
        "demographics": Path(REAL_DATA) / "zipcode_demographics.csv",
    }
    data = home_data(files)
    bench, split = Bench(data.sales, data.demographics), random_split(len(data.sales))
    found, told = measure(bench, "champion", [split]), kept("champion")["random"]
    for metric in ("r2", "mdape"):
        assert found["model"][metric] == pytest.approx(told["model"][metric], rel=1e-3)
    assert found["coverage"]["share"] == pytest.approx(told["coverage"]["share"], abs=0.1)

    model = bench.model("champion", split, 0)
    assert isinstance(model, Champion)
    inputs = inputs_of(data.sales[::5], data.demographics, INPUTS)
    rows, fast = inputs.to_numpy(), model.compiled()
    alone = np.array([fast(rows[place : place + 1])[0] for place in range(len(rows))])
    np.testing.assert_allclose(alone, model.predict(inputs), rtol=1e-9)
