"""From stored seconds to a model, and what is refused on the way."""

import numpy as np
import pandas as pd
import pytest

from learning.building import build_estimator
from predictors.bitcoin.ml.checks import LEAST_SECONDS, UnfitData, checked, refusals
from predictors.bitcoin.ml.examples import examples_of
from predictors.bitcoin.ml.recipes import CLASSES, RECIPES
from predictors.bitcoin.ml.training import train_ridge
from tests.predictors.bitcoin.ml.walks import (
    CLIPPED_SECONDS,
    REAL_SECONDS,
    seconds_in,
    seconds_made,
)


@pytest.fixture(scope="module")
def seconds() -> pd.DataFrame:
    return seconds_made(2_000)


def test_it_works(seconds: pd.DataFrame) -> None:
    artifact = RECIPES["ridge"](seconds, lambda stage, share: None)
    model = build_estimator(artifact.model_bytes, artifact.feature_names, allowed=CLASSES)
    examples = examples_of(seconds)
    assert np.isfinite(model.predict(examples.rows)).all()
    assert artifact.metrics["test"]["rmse"] < artifact.metrics["test_persistence"]["rmse"]
    assert artifact.metrics["walk_forward"]["n"] == 1_940 - 600
    assert artifact.trained_on["examples"] == 1_940
    assert train_ridge(seconds).model_bytes == artifact.model_bytes


def test_what_comes_next_is_the_row_after_the_window(seconds: pd.DataFrame) -> None:
    examples = examples_of(seconds)
    assert examples.places.tolist() == list(range(59, 1_999))
    assert examples.next_close.tolist() == seconds["price_close"].tolist()[60:]
    assert examples.next_high.tolist() == seconds["price_high"].tolist()[60:]
    assert examples.current_high.tolist() == seconds["price_high"].tolist()[59:-1]
    assert examples.last_close.tolist() == seconds["price_close"].tolist()[59:-1]


def test_no_window_reaches_across_a_long_gap(seconds: pd.DataFrame) -> None:
    torn = seconds.copy()
    torn.loc[500:, "time"] += pd.Timedelta(minutes=16)
    places = examples_of(torn).places
    assert places.tolist() == [*range(59, 499), *range(559, 1_999)]
    assert len(examples_of(torn, longest_gap=3_600)) == 1_940


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"price_low": 9_000.0}, "price_low is above price_high"),
        (
            {"price_high": 6_000.0, "price_low": 5_000.0},
            "price_high is below the open or the close",
        ),
        (
            {"price_low": 7_030.0, "price_high": 7_900.0, "price_close": 7_020.0},
            "price_low is above the",
        ),
        ({"price_close": -1.0}, "a price of 0 or less"),
        ({"volume_traded": float("nan")}, "not finite"),
        ({"trades_count": float("inf")}, "not finite"),
    ],
)
def test_a_second_that_contradicts_itself_is_left_out_and_many_are_refused(
    seconds: pd.DataFrame, change: dict[str, float], why: str
) -> None:
    odd = seconds.copy()
    odd.loc[700, list(change)] = list(change.values())
    assert why in refusals(odd)[700]
    assert sum(map(bool, refusals(odd))) == 1
    found = checked(odd)
    assert 700 not in found.seconds.index
    assert len(found.seconds) == 1_999
    assert {(finding.decision, finding.rows) for finding in found.findings} == {("left out", 1)}
    odd.loc[700:710, list(change)] = list(change.values())
    with pytest.raises(UnfitData, match=why):
        checked(odd)


def test_times_have_to_rise(seconds: pd.DataFrame) -> None:
    twice = pd.concat([seconds.iloc[:900], seconds.iloc[899:]])
    with pytest.raises(UnfitData, match="time-twice: 1 rows"):
        checked(twice)
    with pytest.raises(UnfitData, match="time-falling"):
        checked(seconds.iloc[::-1])
    with pytest.raises(UnfitData, match="few-seconds"):
        checked(seconds.iloc[: LEAST_SECONDS - 1])
    with pytest.raises(UnfitData, match="no column trades_count"):
        checked(seconds.drop(columns="trades_count"))
    with pytest.raises(UnfitData, match="few-examples"):
        train_ridge(seconds.iloc[:300])


def test_highs_that_were_cut_off_are_noticed(seconds: pd.DataFrame) -> None:
    lid = round(float(seconds["price_close"].quantile(0.8)), 2)
    cut = seconds.assign(price_high=seconds["price_high"].clip(upper=lid))
    with pytest.raises(UnfitData, match="highs-cut-off"):
        checked(cut)
    prices = ("price_open", "price_high", "price_low", "price_close")
    walled = seconds.assign(**{name: seconds[name].clip(upper=lid) for name in prices})
    (finding,) = checked(walled).findings
    assert (finding.check, finding.decision) == ("highs-pinned", "kept")


@pytest.mark.real_data
def test_the_real_file_is_fit_and_its_clipped_revision_is_refused() -> None:
    assert checked(seconds_in(REAL_SECONDS)).findings == ()
    with pytest.raises(UnfitData, match="highs-cut-off: 2,010 rows"):
        train_ridge(seconds_in(CLIPPED_SECONDS))


@pytest.mark.real_data
def test_on_the_real_seconds_it_is_better_than_both_naive_guesses() -> None:
    metrics = train_ridge(seconds_in(REAL_SECONDS)).metrics
    assert round(metrics["test_persistence"]["rmse"], 4) == 2.3134
    assert round(metrics["test_ewma"]["rmse"], 4) == 1.7799
    assert metrics["test"]["rmse"] < 0.99 * metrics["test_ewma"]["rmse"]
    assert metrics["test"]["rmse"] < 0.78 * metrics["test_persistence"]["rmse"]
    assert metrics["walk_forward"]["blocks_better_than_persistence"] == 16
    assert metrics["walk_forward"]["rmse"] < metrics["walk_forward_ewma"]["rmse"]
