"""From sixty traded seconds to a model's row."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from predictors.bitcoin.ml.features import (
    CONTEXT,
    KNOWN_FEATURES,
    MODEL_FEATURES,
    naive,
    one_row,
    rows_of,
    windows_of,
)
from predictors.bitcoin.ml.schema import RAW_FEATURES, SECOND_COLUMNS, WINDOW_FIELDS
from tests.predictors.bitcoin.ml.walks import REAL_SECONDS, seconds_in, seconds_made
from tests.servers import REAL_DATA

HIGH = SECOND_COLUMNS.index("price_high")


def test_it_works() -> None:
    seconds = seconds_made(61)
    windows = windows_of(seconds)
    rows = rows_of(windows, 0, MODEL_FEATURES)
    assert windows.shape == (2, 60, 6)
    assert rows.shape == (2, len(MODEL_FEATURES))
    last = seconds.iloc[-1]
    by_name = dict(zip(MODEL_FEATURES, rows[-1], strict=True))
    closes = seconds["price_close"].to_numpy()

    def basis_points(price: float) -> float:
        return float(np.log(price / closes[-1]) * 1e4)

    weights = 0.2 * 0.8 ** np.arange(60)
    ewma = (closes[:0:-1] * weights).sum() / weights.sum()
    expected = {
        "target": 0,
        "price_close": last["price_close"],
        "price_open": last["price_open"],
        "ewma_20": basis_points(ewma),
        "close_1": basis_points(closes[-2]),
        "close_5": basis_points(closes[-6]),
        "open": basis_points(last["price_open"]),
        "high": basis_points(max(last["price_open"], last["price_close"])),
        "low": basis_points(last["price_low"]),
        "median_5": basis_points(np.median(closes[-5:])),
        "maximum_10": basis_points(closes[-10:].max()),
        "minimum_60": basis_points(closes[1:].min()),
        "mean_abs_change": np.abs(np.diff(np.log(closes[1:]))).mean() * 1e4,
        "log_volume": np.log1p(last["volume_traded"]),
        "log_trades_5": np.log1p(seconds["trades_count"].to_numpy()[-5:].mean()),
    }
    assert by_name == by_name | {name: pytest.approx(value) for name, value in expected.items()}
    assert naive(windows)[0].tolist() == closes[-2:].tolist()
    assert naive(windows)[1][-1] == pytest.approx(ewma)


@pytest.mark.parametrize(
    "seconds",
    [
        pytest.param(seconds_made(3_000), id="made"),
        pytest.param(
            seconds_in(REAL_SECONDS) if REAL_DATA else None,
            id="real",
            marks=pytest.mark.real_data,
        ),
    ],
)
def test_a_window_alone_gives_the_same_bits_as_among_all_others(seconds: pd.DataFrame) -> None:
    windows = windows_of(seconds)
    for names in (MODEL_FEATURES, RAW_FEATURES):
        together = rows_of(windows, 1, names)
        alone = [one_row(np.ascontiguousarray(window), 1, names) for window in windows]
        assert np.array_equal(together, np.array(alone))


def test_the_high_of_the_current_second_is_never_looked_at() -> None:
    windows = windows_of(seconds_made(300)).copy()
    everything = (*MODEL_FEATURES, *RAW_FEATURES[2:])
    before = rows_of(windows, 0, everything)
    windows[:, -1, HIGH] = np.nan
    assert np.array_equal(rows_of(windows, 0, everything), before)
    assert np.isfinite(before).all()


def test_twice_the_prices_give_the_very_same_features() -> None:
    windows = windows_of(seconds_made(300))
    rows = rows_of(windows, 0, MODEL_FEATURES)
    for factor in (2.0, 0.5):
        by_column = np.array([factor] * 4 + [1.0, 1.0])
        again = rows_of(windows * by_column, 0, MODEL_FEATURES)
        assert np.array_equal(again[:, len(CONTEXT) :], rows[:, len(CONTEXT) :])
        assert np.array_equal(again[:, 1], factor * rows[:, 1])


def test_names_are_taken_in_any_order() -> None:
    windows = windows_of(seconds_made(100))
    raw, model = rows_of(windows, 2, RAW_FEATURES), rows_of(windows, 2, MODEL_FEATURES)
    names = ("ewma_20", "price_high_-3", "price_close", "target", "trades_count_-59")
    mixed = rows_of(windows, 2, names)
    for place, name in enumerate(names):
        known, columns = (model, MODEL_FEATURES) if name in MODEL_FEATURES else (raw, RAW_FEATURES)
        assert np.array_equal(mixed[:, place], known[:, columns.index(name)])
    shuffled = tuple(np.random.default_rng(1).permutation(sorted(KNOWN_FEATURES)).tolist())
    both = rows_of(windows, 2, shuffled)
    assert np.array_equal(both[:, shuffled.index("low")], model[:, MODEL_FEATURES.index("low")])
    with pytest.raises(ValueError, match="no feature soup"):
        rows_of(windows, 0, ("ewma_20", "soup"))


def test_raw_features_are_the_seconds_newest_first() -> None:
    seconds = seconds_made(60)
    row = dict(zip(RAW_FEATURES, one_row(windows_of(seconds)[0], 0, RAW_FEATURES), strict=True))
    assert [field.name for field in WINDOW_FIELDS] == list(RAW_FEATURES)
    assert len(RAW_FEATURES) == 359
    assert row["price_low"] == seconds["price_low"].iloc[-1]
    assert row["price_high_-1"] == seconds["price_high"].iloc[-2]
    assert row["trades_count_-59"] == seconds["trades_count"].iloc[0]


def test_too_few_seconds_make_no_window() -> None:
    assert rows_of(windows_of(seconds_made(59)), 0, MODEL_FEATURES).shape == (0, 27)


@pytest.mark.real_data
def test_the_raw_features_are_those_of_the_request_that_was_handed_over() -> None:
    sent = json.loads((Path(REAL_DATA) / "request.json").read_text())["bitcoin_last_minute"]
    assert tuple(sent) == RAW_FEATURES
