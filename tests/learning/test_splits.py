from datetime import date, timedelta

import numpy as np
from sklearn.model_selection import train_test_split

from learning.splits import folds, grouped_folds, random_split, time_split


def test_it_works() -> None:
    """The random split is the one of Sound Realty's script."""
    train, test = random_split(1000)
    theirs = train_test_split(np.arange(1000), random_state=42)
    assert np.array_equal(train, theirs[0])
    assert np.array_equal(test, theirs[1])


def test_the_future_is_not_learned_from() -> None:
    random = np.random.default_rng(1)
    days = [date(2014, 5, 2) + timedelta(days=int(day)) for day in random.integers(0, 390, 401)]
    train, test = time_split(days)
    assert len(test) == 101
    assert max(days[row] for row in train) <= min(days[row] for row in test)


def test_each_home_is_tested_once() -> None:
    parts = folds(103)
    assert sorted(np.concatenate([test for _, test in parts])) == list(range(103))
    assert all(not set(train) & set(test) for train, test in parts)


def test_all_sales_of_a_parcel_are_in_one_fold() -> None:
    parcels = [str(number) for number in np.random.default_rng(1).integers(0, 150, 300)]
    parts = grouped_folds(parcels)
    assert sorted(np.concatenate([test for _, test in parts])) == list(range(300))
    for train, test in parts:
        assert not {parcels[row] for row in train} & {parcels[row] for row in test}
