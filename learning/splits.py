"""Parts of the data to learn from and to be tested on. The same table gives the same parts."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import GroupKFold, KFold, train_test_split

Places = npt.NDArray[np.intp]
"""Row numbers, `(n,)`."""
Part = tuple[Places, Places]
"""To learn from, to be tested on: no row is in both."""

SEED = 42
TEST_SHARE = 0.25
FOLDS = 5


def random_split(n_rows: int) -> Part:
    """A quarter drawn by position, seed 42: the split of Sound Realty's own script."""
    train, test = train_test_split(np.arange(n_rows), test_size=TEST_SHARE, random_state=SEED)
    return train, test


def time_split(dates: Sequence[Any]) -> Part:
    """The latest quarter for testing: the past values the future. Of one day in table order."""
    order = np.argsort(np.asarray(dates, dtype="datetime64[D]"), kind="stable")
    cut = int((1 - TEST_SHARE) * len(order))
    return order[:cut], order[cut:]


def folds(n_rows: int) -> tuple[Part, ...]:
    """Five parts drawn at random; each row is tested once."""
    drawn = KFold(FOLDS, shuffle=True, random_state=SEED).split(np.zeros(n_rows))
    return tuple((train, test) for train, test in drawn)


def grouped_folds(groups: Sequence[Any]) -> tuple[Part, ...]:
    """As `folds`, but all rows of a group `(n_rows,)` are in the same part."""
    labels = np.asarray(groups)
    drawn = GroupKFold(FOLDS, shuffle=True, random_state=SEED).split(labels, groups=labels)
    return tuple((train, test) for train, test in drawn)
