import json

import numpy as np
import pytest

from learning.drift import (
    Profile,
    band_of,
    column_of,
    compare,
    noise,
    profile_of,
    shift_of,
    stability_index,
)

DRAW = np.random.default_rng(7)


def lognormal(count: int, factor: float = 1.0) -> np.ndarray:
    return factor * np.exp(DRAW.normal(7.5, 0.4, count))


def test_it_works() -> None:
    learned = column_of(lognormal(20_000))
    same, other = (shift_of(learned, lognormal(1_000, factor), 0.001) for factor in (1.0, 1.3))
    assert (same.band, other.band) == ("stable", "shifted")
    assert same.psi < same.noise < other.psi
    assert other.median == pytest.approx(1.3 * learned.median, rel=0.05)


def test_the_index_is_the_published_sum() -> None:
    """Shares 0.5, 0.3, 0.2 and 0.4, 0.3, 0.3: 0.1 ln 1.25 + 0.1 ln 1.5, by hand."""
    expected, actual = np.array([50, 30, 20]), np.array([40, 30, 30])
    by_hand = 0.1 * np.log(0.5 / 0.4) + 0.1 * np.log(0.3 / 0.2)
    many = stability_index(expected * 10_000, actual * 10_000)
    assert many == pytest.approx(by_hand, rel=1e-3)
    assert stability_index(expected * 10_000, expected * 10_000) == pytest.approx(0, abs=1e-9)


def test_a_bin_that_nobody_asks_for_does_not_make_it_infinite() -> None:
    assert 0 < stability_index(np.array([500, 500, 0]), np.array([0, 0, 300])) < 20


def test_the_usual_bands() -> None:
    assert [band_of(psi) for psi in (0.0, 0.0999, 0.1, 0.2499, 0.25)] == [
        "stable",
        "stable",
        "moderate",
        "moderate",
        "shifted",
    ]


@pytest.mark.parametrize("asked", [1_000, 5_000])
def test_chance_exceeds_the_noise_about_as_often_as_stated(asked: int) -> None:
    """5 % of 1,000 windows, give or take four standard errors of 0.7 %."""
    beyond = 0
    for _ in range(1_000):
        shift = shift_of(column_of(lognormal(5_000)), lognormal(asked), 0.05)
        beyond += shift.psi > shift.noise
    assert 22 <= beyond <= 78


def test_fewer_rows_are_noisier() -> None:
    assert noise(10, 300, 20_000, 0.001) > noise(10, 3_000, 20_000, 0.001) > 0
    assert noise(1, 300, 20_000, 0.001) == 0 == noise(10, 0, 20_000, 0.001)


def test_few_different_values_are_bins_and_rare_ones_share_one() -> None:
    column = column_of(np.repeat([1.0, 2.0, 3.0, 33.0], [500, 300, 198, 2]))
    assert column.values == [1.0, 2.0, 3.0]
    assert column.counts == [500, 300, 198, 2]


def test_a_value_that_most_rows_have_is_a_bin_of_its_own() -> None:
    column = column_of(np.concatenate([np.zeros(600), np.arange(1.0, 401.0)]))
    assert (column.bounds[0], column.counts[0]) == (0.0, 600)
    assert sum(column.counts) == 1_000


def test_a_new_value_is_unknown_only_where_new_ones_are_unusual() -> None:
    zipcodes = column_of(DRAW.integers(98001, 98071, 10_000).astype(float))
    areas = column_of(np.round(lognormal(2_000), 3))
    asked = np.array([98001.0, 98002.0, 98199.0, 98003.5])
    assert shift_of(zipcodes, asked, 0.01).unknown == 0.5
    assert shift_of(zipcodes, asked, 0.01).outside == 0.25
    assert areas.known is None
    assert shift_of(areas, np.array([areas.median + 0.0001]), 0.01).unknown == 0


def test_what_was_not_given_is_counted_and_not_compared() -> None:
    days = DRAW.integers(735_000, 735_400, 5_000).astype(float)
    column = column_of(days, optional=True)
    shift = shift_of(column, np.concatenate([np.zeros(900), DRAW.choice(days, 100)]), 0.001)
    assert (shift.given, shift.not_given) == (100, 0.9)
    assert shift.psi < shift.noise
    nothing = shift_of(column, np.zeros(50), 0.001)
    assert (nothing.given, nothing.not_given, nothing.psi, nothing.median) == (0, 1.0, 0.0, None)


def profile(rows: np.ndarray) -> Profile:
    return profile_of(rows=rows, predictions=rows[:, 0], feature_names=("area", "lot"))


def test_a_home_that_is_asked_for_again_and_again_counts_once() -> None:
    learned = np.column_stack([lognormal(5_000), lognormal(5_000)])
    asked = np.concatenate([learned[:500], np.tile(learned[7], (5_000, 1))])
    comparison = compare(profile(learned), rows=asked, predictions=asked[:, 0], false_alarms=0.01)
    assert comparison.rows == 500
    assert comparison.features["area"].band == "stable"


def test_where_inputs_do_not_tell_things_apart_every_row_counts() -> None:
    learned = DRAW.integers(0, 2, (5_000, 2)).astype(float)
    asked = np.ones((400, 2))
    comparison = compare(profile(learned), rows=asked, predictions=asked[:, 0], false_alarms=0.01)
    assert comparison.rows == 400
    assert comparison.features["area"].band == "shifted"


def test_a_profile_is_the_same_after_it_was_kept_as_json() -> None:
    learned = np.column_stack([lognormal(500), DRAW.integers(0, 5, 500)])
    kept = profile(learned)
    stored = json.loads(json.dumps(kept.as_json(), sort_keys=True))
    assert Profile.from_json(stored) == kept
    assert list(Profile.from_json(stored).features) == ["area", "lot"]


def test_a_window_without_requests_is_compared_too() -> None:
    learned = np.column_stack([lognormal(500), lognormal(500)])
    nothing = compare(
        profile(learned), rows=np.empty((0, 2)), predictions=np.empty(0), false_alarms=0.01
    )
    assert (nothing.rows, nothing.prediction.psi) == (0, 0.0)
