"""What `evaluate_model bitcoin` measures."""

import json
from typing import Any

import numpy as np
import pytest

from learning.evaluation import Evaluation, Subject, UnknownPart
from predictors.bitcoin.ml.checks import UnfitData
from predictors.bitcoin.ml.evaluation.blocks import difference
from predictors.bitcoin.ml.evaluation.lookback import features_within
from predictors.bitcoin.ml.evaluation.parts import PARTS
from predictors.bitcoin.ml.evaluation.rendering import lines
from predictors.bitcoin.ml.evaluation.running import run_evaluation
from predictors.bitcoin.ml.examples import examples_of
from predictors.bitcoin.ml.features import CONTEXT
from predictors.bitcoin.ml.handed_over import DenseNetwork, read_h5
from predictors.bitcoin.ml.training import train_ridge
from tests.predictors.bitcoin.ml.test_handed_over import keras_file
from tests.predictors.bitcoin.ml.walks import (
    REAL_NETWORK,
    REAL_SECONDS,
    seconds_in,
    seconds_made,
)

SUBJECT = Subject("bitcoin 2 (ridge)", "ridge", "ab" * 32, {"recipe": "ridge"})


def evaluation(seconds: Any, *only: str, network: DenseNetwork | None = None) -> Evaluation:
    return run_evaluation(
        seconds,
        SUBJECT,
        None,
        only=only,
        command="manage.py evaluate_model bitcoin 2",
        report=lambda said: None,
        network=network,
    )


def row(part: Any, name: str) -> Any:
    (found,) = [row for row in part["rows"] if row["name"].startswith(name)]
    return found


def test_it_works() -> None:
    """Every part, on few seconds."""
    network = read_h5(keras_file((359, 3, 1), ("linear", "relu")))
    found = evaluation(seconds_made(1_100), network=network)
    assert list(found.figures) == ["about", *PARTS]
    assert json.loads(json.dumps(found.figures, allow_nan=False)) == found.figures
    page = found.documents["report.md"].decode()
    for name, part in PARTS.items():
        assert any(line.startswith(f"{name}: ") for line in found.lines)
        assert f"## {part.title}" in page
    assert json.loads(found.documents["report.json"]) == found.figures


def test_lines_are_the_same_from_figures_in_any_order() -> None:
    found = evaluation(seconds_made(900), "split", "walk_forward", "handed_over")
    turned = json.loads(
        json.dumps(found.figures), object_pairs_hook=lambda pairs: dict(reversed(pairs))
    )
    assert lines(turned) == found.lines


def test_it_measures_what_training_measures() -> None:
    seconds = seconds_made(1_500)
    figures, metrics = evaluation(seconds, "split").figures, train_ridge(seconds).metrics
    for name, part in (
        ("persistence", "test_persistence"),
        ("EWMA", "test_ewma"),
        ("ridge (served)", "test"),
        ("ridge, learning", "test_online"),
    ):
        assert row(figures["split"], name)["rmse"] == metrics[part]["rmse"]


def test_the_window_that_is_served_gives_the_features_that_are_served() -> None:
    seconds = seconds_made(300)
    examples = examples_of(seconds)
    assert features_within(seconds, examples, 60) == pytest.approx(
        examples.rows[:, len(CONTEXT) :], abs=1e-6
    )


def test_an_interval_of_a_sure_difference_excludes_nothing_and_of_none_does_not() -> None:
    random = np.random.default_rng(0)
    ours = random.normal(size=3_000)
    sure = difference(ours, 1.5 * ours)
    assert sure["lower"] < sure["difference"] < sure["upper"] < 0
    unsure = difference(ours, random.normal(size=3_000))
    assert unsure["lower"] < 0 < unsure["upper"]
    assert difference(ours, ours)["upper"] == 0


def test_an_unknown_part_and_damaged_seconds_are_refused() -> None:
    seconds = seconds_made(900)
    with pytest.raises(UnknownPart, match="no part soup; there are: split"):
        evaluation(seconds, "split", "soup")
    with pytest.raises(UnfitData, match="high-below-price"):
        evaluation(seconds.assign(price_high=seconds["price_low"]), "split")


@pytest.mark.real_data
def test_on_the_real_seconds_the_figures_are_those_of_the_documentation() -> None:
    network = read_h5(REAL_NETWORK.read_bytes())
    parts = ("bootstrap", "scale", "handed_over")
    figures = evaluation(seconds_in(REAL_SECONDS), *parts, network=network).figures
    for sure in figures["bootstrap"]["rows"]:
        assert sure["upper"] < 0
    for level in figures["scale"]["rows"][1:3]:
        assert level["farthest_answer"] == level["farthest_answer_retrained"] == 0
    dead = figures["handed_over"]
    assert dead["answers_other_than_0"] == 0
    assert round(row(dead, "next_close: handed over")["rmse"]) == 7_196
