"""The recipe `champion`, on the sample; its figures on the real data: test_evidence.py."""

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from django.core.management import CommandError, call_command

from learning.artifact import Artifact
from learning.building import build_estimator
from learning.metrics import regression_metrics
from modelregistry.models import ModelVersion
from predictors.homes.frames import demographics_frame, sales_frame
from predictors.homes.ml.champion.features import INPUTS
from predictors.homes.ml.champion.model import Champion
from predictors.homes.ml.champion.training import fit_champion, train_champion
from predictors.homes.ml.inputs import VALUATION_DATE, inputs_of
from predictors.homes.predictor import HomesPredictor

DAY = INPUTS.index(VALUATION_DATE)


@pytest.fixture(scope="module")
def sales(champion_artifact: Artifact, django_db_blocker: pytest.FixtureRequest) -> pd.DataFrame:
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        return sales_frame()


@pytest.fixture(scope="module")
def demographics(
    champion_artifact: Artifact, django_db_blocker: pytest.FixtureRequest
) -> pd.DataFrame:
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        return demographics_frame()


@pytest.fixture(scope="module")
def champion(champion_artifact: Artifact) -> Champion:
    built = build_estimator(
        champion_artifact.model_bytes,
        champion_artifact.feature_names,
        allowed=HomesPredictor.allowed_classes,
    )
    assert isinstance(built, Champion)
    return built


@pytest.fixture(scope="module")
def split(sales: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Three quarters to learn from, a quarter to be asked."""
    asked = sales.sample(frac=0.25, random_state=42).index
    return sales.drop(asked), sales.loc[asked]


@pytest.fixture(scope="module")
def learned(split: tuple[pd.DataFrame, pd.DataFrame], demographics: pd.DataFrame) -> Champion:
    return fit_champion(split[0], demographics)


def test_it_works(
    learned: Champion, split: tuple[pd.DataFrame, pd.DataFrame], demographics: pd.DataFrame
) -> None:
    """Better than the zipcode's rate on homes that it has not seen, and it knows how sure it is."""
    train, test = split
    inputs, price = inputs_of(test, demographics, INPUTS), test["price"].to_numpy()
    rate = (train["price"] / train["sqft_living"]).groupby(train["zipcode"]).median()
    by_rate = test["zipcode"].map(rate).to_numpy() * test["sqft_living"].to_numpy()
    ours = regression_metrics(price, learned.predict(inputs))
    theirs = regression_metrics(price, by_rate)
    assert ours["r2"] > theirs["r2"] and ours["mdape"] < theirs["mdape"]
    lower, upper = learned.intervals(inputs.to_numpy())
    # 525 homes: three standard deviations of a share of 90 % are 4 points.
    assert 0.86 < np.mean((lower <= price) & (price <= upper)) < 0.96


def test_one_home_a_batch_and_the_artifact_answer_alike(
    champion: Champion, sales: pd.DataFrame, demographics: pd.DataFrame
) -> None:
    inputs = inputs_of(sales, demographics, INPUTS)
    rows = inputs.to_numpy().copy()
    rows[::3, DAY] = 0.0
    rows[1::50, DAY] += 4000.0
    rows[::40, INPUTS.index("zipcode")] = 98999.0
    rows[::41, INPUTS.index("sqft_above")] = 0.0
    rows[::43, INPUTS.index("lat")] = 46.5
    slow = champion.predict(pd.DataFrame(rows, columns=list(INPUTS)))
    fast = champion.compiled()
    alone = np.array([fast(rows[i : i + 1])[0] for i in range(len(rows))])
    np.testing.assert_allclose(alone, slow, rtol=1e-9)
    np.testing.assert_allclose(fast(rows), slow, rtol=1e-9)


def test_the_same_sales_give_the_same_bytes(
    champion_artifact: Artifact, sales: pd.DataFrame, demographics: pd.DataFrame
) -> None:
    again = train_champion(sales, demographics)
    assert again.model_bytes == champion_artifact.model_bytes
    assert again.metrics == champion_artifact.metrics


def test_from_shuffled_prices_nothing_is_learned(
    split: tuple[pd.DataFrame, pd.DataFrame], demographics: pd.DataFrame
) -> None:
    """A way by which a price told of itself would show here."""
    train, test = split
    shuffled = train.assign(price=train["price"].sample(frac=1, random_state=1).to_numpy())
    answers = fit_champion(shuffled, demographics).predict(inputs_of(test, demographics, INPUTS))
    assert regression_metrics(test["price"].to_numpy(), answers)["r2"] < 0.05


def test_the_gate_finds_it_fast_and_equal(champion_version: ModelVersion) -> None:
    assert champion_version.engine == "fast"
    assert champion_version.engine_proof["max_relative_difference"] < 1e-9
    assert champion_version.headline["part"] == "out_of_fold"


def test_a_later_day_follows_the_trend_for_a_while(champion: Champion) -> None:
    row = np.tile(champion.base, (4, 1))
    last = champion.core.calendar.last
    row[:, DAY] = (0.0, last, last + 3000.0, last + 9000.0)
    not_given, on_last, later, much_later = champion.compiled()(row)
    assert not_given == on_last
    assert later == pytest.approx(much_later, rel=1e-6)


def test_intervals_are_wider_after_the_last_day(champion: Champion) -> None:
    rows = np.tile(champion.base, (2, 1))
    rows[1, DAY] += 365.0
    on_last, later = (champion.interval(rows[place : place + 1]).fsd for place in (0, 1))
    # The estimate is another one then, and with it perhaps the band; hence not exactly the factor.
    assert later > on_last * 0.98
    drift = champion.interval_model.drift
    assert drift(np.array([-100.0, 0.0, 365.0])).tolist() == [1.0, 1.0, drift.factor]


def test_train_model_learns_from_files(tmp_path: Path, sales: pd.DataFrame, db: None) -> None:
    """Another sales file than the tables hold, and what it says is of that file."""
    source = (Path(__file__).parents[3] / "data/sample/kc_house_data.csv").read_text().splitlines()
    (tmp_path / "some.csv").write_text("\n".join([source[0], *source[1:1501]]) + "\n")
    call_command("train_model", "homes", recipe="basic", sales=tmp_path / "some.csv")
    version = ModelVersion.objects.get(version=2)
    assert version.trained_on["rows"] == 1500
    assert version.trained_on["data"] == "synthetic"
    assert not version.is_active


def test_files_that_cannot_be_read_are_named(tmp_path: Path, db: None) -> None:
    with pytest.raises(CommandError, match=r"none\.csv"):
        call_command("train_model", "homes", recipe="champion", sales=tmp_path / "none.csv")


def test_pickled_and_read_again_it_is_the_same(champion: Champion) -> None:
    again = pickle.loads(pickle.dumps(champion))
    row = champion.base[None, :]
    assert again.compiled()(row) == champion.compiled()(row)
    assert again.comparables(row) == champion.comparables(row)
