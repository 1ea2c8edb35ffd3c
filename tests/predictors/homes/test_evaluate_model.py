"""evaluate_model homes VERSION, on the sample."""

import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from learning.ratio_study import ratio_intervals
from learning.resampling import bootstrap, paired_bootstrap
from modelregistry.admin import as_lines
from modelregistry.models import ModelVersion
from modelregistry.services import activate_version
from predictions.versions.documents import detail
from predictors.homes.ml.evaluation import groups
from predictors.homes.ml.evaluation.summary import lines
from predictors.homes.ml.recipes import RECIPES
from tests.conftest import SAMPLE

# Together with the tests that ask for `db`: else the run in common would be made twice.
pytestmark = pytest.mark.django_db

PARTS = "random,folds,homes,learning_curve,hostile"
FEW = {"draws": 20}


@dataclass(frozen=True)
class Run:
    text: str
    folder: Path
    kept: dict[str, Any]
    """`metrics` of the version afterwards."""

    @property
    def page(self) -> str:
        return (self.folder / "report.html").read_text()

    @property
    def figures(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "report.json").read_text())
        return found


def evaluate(folder: Path, only: str, *, version: int = 1, **files: Path) -> Run:
    """Version 1 is the basic model of the sample."""
    stdout = io.StringIO()
    call_command(
        "evaluate_model", "homes", version, out=folder, only=only, stdout=stdout,
        stderr=io.StringIO(), **files,
    )  # fmt: skip
    kept = ModelVersion.objects.get(predictor="homes", version=version).metrics
    return Run(stdout.getvalue(), folder, kept)


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    """Intervals from few draws: these tests look at what is done with them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bootstrap, "__kwdefaults__", {**FEW, "seed": 1})
        patch.setattr(paired_bootstrap, "__kwdefaults__", {**FEW, "seed": 1})
        patch.setattr(ratio_intervals, "__kwdefaults__", FEW)
        patch.setattr(groups, "GROUP_DRAWS", FEW["draws"])
        yield


@pytest.fixture(scope="module")
def run(
    quick: None, django_db_setup: None, django_db_blocker: Any, tmp_path_factory: Any
) -> Iterator[Run]:
    """One for several tests, because it takes seconds; the database is left as it was."""
    with django_db_blocker.unblock(), transaction.atomic():
        found = evaluate(tmp_path_factory.mktemp("run") / "new" / "folder", PARTS)
        transaction.set_rollback(True)
    yield found


def test_it_works(run: Run) -> None:
    """On the random split the recipe reaches what the version reached when it was trained."""
    found = run.figures["random"]["model"]
    for metric, value in run.kept["test"].items():
        assert found[metric] == pytest.approx(value)
    names = sorted(path.name for path in run.folder.iterdir())
    assert names == ["model-card.md", "report.html", "report.json"]


def test_no_price_of_a_test_home_reaches_its_estimate(run: Run) -> None:
    found = run.figures["hostile"]
    assert found["shuffled_target"]["r2"] < 0
    assert found["other_test_prices"]["changed"] == 0
    assert found["other_test_prices"]["n_test"] == run.figures["random"]["n_test"]


def test_every_figure_that_is_printed_is_kept_and_in_the_file(run: Run) -> None:
    printed, written = run.text.split("written: ", 1)
    assert printed.splitlines() == lines(run.kept["evaluation"])
    assert written.count("written: ") == 2
    numbers = set(re.findall(r"-?[0-9,]+\.[0-9]+", printed))
    assert len(numbers) > 100
    assert numbers <= in_print(run.figures)
    assert numbers <= in_print(run.kept["evaluation"])


def in_print(figures: Any) -> set[str]:
    """Every number of the JSON in every form that is printed."""
    if isinstance(figures, dict):
        return set().union(*map(in_print, figures.values()))
    if isinstance(figures, list):
        return set().union(*map(in_print, figures))
    if isinstance(figures, int | float):
        return {f"{figures:,.{digits}f}" for digits in range(6)}
    return set()


def test_the_page_needs_nothing_else(run: Run) -> None:
    page = run.page
    assert "<script" not in page
    addresses = re.findall(r'(?:src|href)="([a-z]+:[^"]{0,20})', page)
    assert addresses
    assert all(address.startswith("data:image/png") for address in addresses)
    anchors, ids = re.findall(r'<a href="#([^"]+)"', page), re.findall(r' id="([^"]+)"', page)
    assert len(anchors) >= 8
    assert set(anchors) <= set(ids)
    assert len(ids) == len(set(ids))
    assert page.count("<svg") == page.count("<figcaption>") >= 6


def test_page_and_card_say_what_they_rest_on(run: Run) -> None:
    card = (run.folder / "model-card.md").read_text()
    for text in (run.page, card):
        assert "SYNTHETIC DATA" in text
        assert RECIPES["basic"].choices in text
        assert run.figures["about"]["fingerprint"] in text
        assert "no data on race" in text
        assert f"{run.figures['folds']['model']['mdape']:.2f} %" in text
    assert "manage.py evaluate_model homes 1 --only random" in card


def test_other_metrics_and_documents_stay(tmp_path: Path) -> None:
    version = ModelVersion.objects.get(predictor="homes", version=1)
    before, headline = version.metrics, version.headline
    evaluate(tmp_path, "hostile")
    evaluate(tmp_path, "learning_curve")
    version.refresh_from_db()
    assert {name: part for name, part in version.metrics.items() if name != "evaluation"} == before
    assert version.metrics["evaluation"]["about"]["parts"] == ["learning_curve"]
    assert version.headline == headline
    assert detail(version, [])["metrics"] == version.metrics
    assert "evaluation.learning_curve" in as_lines(version.metrics)


def test_the_same_run_writes_the_same_bytes(tmp_path: Path) -> None:
    first, second = (evaluate(tmp_path / name, "random") for name in ("first", "second"))
    for path in first.folder.iterdir():
        assert path.read_bytes() == (second.folder / path.name).read_bytes(), path.name


def test_files_stand_in_for_tables_and_names_are_escaped(run: Run, tmp_path: Path) -> None:
    ModelVersion.objects.filter(predictor="homes", version=1).update(name="<b>&")
    sales, demographics = SAMPLE / "kc_house_data.csv", SAMPLE / "zipcode_demographics.csv"
    found = evaluate(tmp_path, "hostile", sales=sales, demographics=demographics)
    assert found.figures["hostile"] == run.figures["hostile"]
    for key in ("fingerprint", "files_sha256", "data"):
        assert found.figures["about"][key] == run.figures["about"][key]
    assert "<b>" not in found.page
    assert "homes 1 (&lt;b&gt;&amp;)" in found.page


class Sure:
    """Knows the zipcode's rate, and gives an interval of half to double."""

    def __init__(self, sales: pd.DataFrame) -> None:
        self.rate = float((sales["price"] / sales["sqft_living"]).median())

    def predict(self, inputs: pd.DataFrame) -> Any:
        return self.rate * inputs["sqft_living"].to_numpy(dtype=float)

    def intervals(self, rows: Any) -> tuple[Any, Any]:
        return 0.5 * self.rate * rows[:, 2], 2 * self.rate * rows[:, 2]


def test_intervals_are_counted_and_the_active_version_is_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sure = replace(RECIPES["basic"], name="sure", fit=lambda sales, census, seed: Sure(sales))
    monkeypatch.setitem(RECIPES, "sure", sure)
    # The basic one, whatever answers otherwise: it is quickly trained.
    version = activate_version(predictor="homes", version=1, actor="a test")
    ModelVersion.objects.create(
        predictor="homes", version=900, name="sure", feature_names=[], trained_on={"recipe": "sure"}
    )
    assert RECIPES["sure"].feature_names[2] == "sqft_living"
    run = evaluate(tmp_path, "random,folds,comparison,seeds", version=900)
    found = run.figures
    sales = pd.read_csv(SAMPLE / "kc_house_data.csv")
    coverage = found["random"]["coverage"]
    assert 0 < coverage["share"] <= 100
    assert coverage["mean_width"] == pytest.approx(150)
    assert coverage["n"] == found["random"]["n_test"] == int(np.ceil(len(sales) / 4))
    assert coverage["worst_decile"]["share"] <= coverage["share"]
    compared = found["comparison"]["random"]
    assert compared["ours"]["r2"] == found["random"]["model"]["r2"]
    assert compared["theirs"]["r2"] == pytest.approx(version.metrics["test"]["r2"])
    assert found["seeds"]["between"] == 0
    assert "by_zipcode" not in run.kept["evaluation"]["random"]["coverage"]
    assert f"than by {version}" in run.page
    assert "Here: overall missed" in run.page


def test_a_version_of_no_recipe_is_refused(tmp_path: Path) -> None:
    ModelVersion.objects.create(
        predictor="homes", version=901, name="sent", feature_names=[], trained_on={}
    )
    with pytest.raises(CommandError, match=r"homes 901 \(sent\) was not trained here"):
        call_command("evaluate_model", "homes", 901, out=tmp_path)


def test_a_recipe_that_is_no_more_is_named(tmp_path: Path) -> None:
    ModelVersion.objects.create(
        predictor="homes", version=902, name="old", feature_names=[], trained_on={"recipe": "soup"}
    )
    with pytest.raises(CommandError, match="'soup', which is no more; there are: basic"):
        call_command("evaluate_model", "homes", 902, out=tmp_path)


def test_an_unknown_part_is_refused_and_the_known_ones_are_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no part soup; there are: random, importance"):
        evaluate(tmp_path, "random,soup")
    with pytest.raises(CommandError, match="there are: 1"):
        call_command("evaluate_model", "homes", 999, out=tmp_path)
