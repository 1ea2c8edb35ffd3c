"""Intervals hold what they say on rows that are like those they were fitted on."""

import numpy as np
import pytest

from learning.conformal import fit_quantiles, upper_quantile

random = np.random.default_rng(2)


def test_it_works() -> None:
    """Zones of other spreads: each is held to the level by its own quantile."""
    zone = random.integers(0, 4, 8000)
    estimate = random.uniform(0, 1, 8000)
    score = np.abs(random.normal(size=8000)) * (1 + zone) * (1 + estimate)
    half = slice(0, 4000)
    fitted = fit_quantiles(
        score[half], zone[half], 4, estimate[half], level=0.9, bands=5, shrink=5.0
    )
    held = score[4000:] <= fitted(zone[4000:], estimate[4000:])
    for group in range(4):
        assert held[zone[4000:] == group].mean() == pytest.approx(0.9, abs=0.03)
    assert held.mean() == pytest.approx(0.9, abs=0.02)


def test_the_quantile_covers_a_new_one_with_at_least_the_level() -> None:
    # Of 1 to 9 the ninth is the least that covers a tenth with probability 9/10.
    assert upper_quantile(np.arange(1.0, 10.0), 0.9) == 9.0
    assert upper_quantile(np.arange(1.0, 20.0), 0.9) == 18.0
    assert upper_quantile(np.array([3.0]), 0.9) == 3.0


def test_a_small_zone_is_drawn_to_all_and_an_unknown_one_is_wide() -> None:
    zone = np.repeat([0, 1], [2000, 2])
    score = np.concatenate([np.abs(random.normal(size=2000)), [50.0, 60.0]])
    fitted = fit_quantiles(score, zone, 3, np.full(2002, 0.5), level=0.9, bands=1, shrink=5.0)
    alone = 60.0 / fitted.bands[0]
    assert 1.0 < fitted.zones[1] < alone
    assert fitted.zones[2] == 1.0
    assert fitted.zones[-1] > fitted.zones[0]
