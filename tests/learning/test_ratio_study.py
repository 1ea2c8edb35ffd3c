"""Beside the examples of the IAAO's Standard on Ratio Studies (2013)."""

import numpy as np
import pytest

from learning.ratio_study import STANDARD_RANGES, ratio_intervals, ratio_statistics, verdict

# Table 1-1: appraised value and sale price of 36 parcels, USD.
TABLE_1_1 = np.array(
    [
        (48000, 138000), (28800, 59250), (78400, 157500), (39840, 74400), (68160, 114900),
        (94400, 159000), (67200, 111900), (56960, 93000), (87200, 138720), (38240, 59700),
        (96320, 146400), (67680, 99000), (32960, 47400), (50560, 70500), (61360, 78000),
        (47360, 60000), (58080, 69000), (47040, 55500), (136000, 154500), (103200, 109500),
        (59040, 60000), (168000, 168000), (128000, 124500), (132000, 127500), (160000, 150000),
        (160000, 141000), (200000, 171900), (184000, 157500), (160000, 129600), (157200, 126000),
        (99200, 77700), (200000, 153000), (64000, 48750), (192000, 144000), (190400, 141000),
        (65440, 48000),
    ],
    dtype=float,
)  # fmt: skip
# Table 1-4: 17 parcels.
TABLE_1_4 = np.array(
    [
        (87200, 138720), (38240, 59700), (96320, 146400), (68610, 99000), (32960, 47400),
        (50560, 70500), (61360, 78000), (47360, 60000), (56580, 69000), (47040, 55500),
        (136000, 154500), (98000, 109500), (56000, 60000), (159100, 168000), (128000, 124500),
        (132000, 127500), (160000, 150000),
    ],
    dtype=float,
)  # fmt: skip


def test_it_works() -> None:
    """The figures that the standard prints below its tables."""
    found = ratio_statistics(TABLE_1_1[:, 1], TABLE_1_1[:, 0])
    assert round(found["median_ratio"], 3) == 0.864
    assert round(found["cod"], 1) == 29.8
    assert round(found["prd"], 2) == 0.98
    found = ratio_statistics(TABLE_1_4[:, 1], TABLE_1_4[:, 0])
    assert round(found["cod"], 1) == 14.5
    assert round(found["prd"], 2) == 0.98


def test_price_related_bias_worked_out_by_hand() -> None:
    """Ratios 1.2, 1, 0.8 on values of 1, 2 and 4: 0.2 less of the ratio per doubling."""
    prices, estimates = np.array([10 / 11, 2, 40 / 9]), np.array([12 / 11, 2, 32 / 9])
    found = ratio_statistics(prices, estimates)
    assert found["prb"] == pytest.approx(-0.2)
    assert found["cod"] == pytest.approx(100 * 0.4 / 3)
    assert found["prd"] == pytest.approx(1 / (estimates.sum() / prices.sum()))


def test_perfect_estimates_have_no_dispersion_and_no_bias() -> None:
    prices = np.array([100.0, 200.0, 400.0])
    found = ratio_statistics(prices, prices)
    assert found == {"median_ratio": 1, "cod": 0, "prd": 1, "prb": 0}


def test_an_interval_holds_its_figure() -> None:
    prices, estimates = TABLE_1_1[:, 1], TABLE_1_1[:, 0]
    found, intervals = ratio_statistics(prices, estimates), ratio_intervals(prices, estimates)
    for name, (low, high) in intervals.items():
        assert low < found[name] < high


def test_a_range_is_surely_missed_only_with_the_whole_interval() -> None:
    highest = STANDARD_RANGES["prd"].highest
    assert verdict("prd", highest, [1, 2]) == "within"
    assert verdict("prd", highest + 0.01, [highest - 0.01, 2]) == "outside, but not surely"
    assert verdict("prd", highest + 0.01, [highest + 0.005, 2]) == "outside"


def test_a_model_cannot_be_too_uniform() -> None:
    assert verdict("cod", 1.0) == "within"
    assert verdict("cod", 15.1) == "outside"
