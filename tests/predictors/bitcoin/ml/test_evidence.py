"""The figures of the bitcoin model's page are those that `evaluate_model` printed, and prints."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from learning.evaluation import Subject
from predictors.bitcoin.ml.evaluation.rendering import lines
from predictors.bitcoin.ml.evaluation.running import run_evaluation
from tests.predictors.bitcoin.ml.walks import REAL_SECONDS, seconds_in

ROOT: Path = settings.BASE_DIR
EVIDENCE = ROOT / "docs" / "evidence"
NUMBER = re.compile(r"(?<![\w.])[+-]?\d[\d,]*(?:\.\d+)?")
MARKED = re.compile(r"<!-- figures -->(.*?)<!-- end of figures -->", re.S)
# The two blocks in which EWMA was better: the difference is not printed, its terms are.
DERIVED = {0.0008}


def kept() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((EVIDENCE / "bitcoin.json").read_text())
    return found


def test_it_works() -> None:
    """What was printed is what was kept."""
    assert lines(kept()) == (EVIDENCE / "bitcoin.txt").read_text().splitlines()


def test_every_marked_figure_of_the_page_was_printed() -> None:
    printed = (EVIDENCE / "bitcoin.txt").read_text()
    known = {float(number.replace(",", "")) for number in NUMBER.findall(printed)} | DERIVED
    parts = MARKED.findall((ROOT / "docs" / "bitcoin-model.md").read_text())
    assert len(parts) > 8
    for number in (found for part in parts for found in NUMBER.findall(part)):
        value = float(number.replace(",", ""))
        if number.isdigit() and value <= 300:
            continue  # a label: 60 seconds, 200 neighbours
        assert {value, abs(value)} & known, f"{number} was not printed"


@pytest.mark.real_data
def test_the_real_seconds_give_the_same_again() -> None:
    parts = ("split", "walk_forward", "targets", "bootstrap")
    found = run_evaluation(
        seconds_in(REAL_SECONDS),
        Subject("bitcoin 2 (ridge)", "ridge", "", {}),
        None,
        only=parts,
        command="",
        report=lambda said: None,
    ).figures
    told = kept()
    for part in parts:
        for ours, theirs in zip(found[part]["rows"], told[part]["rows"], strict=True):
            assert ours.pop("name") == theirs.pop("name")
            assert ours == pytest.approx(theirs, rel=1e-6)
