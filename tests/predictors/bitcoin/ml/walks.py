"""Seconds made for tests: a price that walks at random, traded now at the bid and now at the ask.

So the last close says less than the mean of some, as in the real data.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from predictors.bitcoin.ml.examples import FRAME_COLUMNS
from tests.servers import REAL_DATA

REAL_SECONDS = Path(REAL_DATA) / "bitcoin.csv"
CLIPPED_SECONDS = Path(REAL_DATA) / "bitcoin_clipped_high.csv"
REAL_NETWORK = Path(REAL_DATA) / "model.h5"


def seconds_made(count: int, seed: int = 7) -> pd.DataFrame:
    """`(count, 7)`, FRAME_COLUMNS."""
    random = np.random.default_rng(seed)
    fair = 7_000 * np.exp(np.cumsum(random.normal(0, 2e-5, count)))
    opens, closes = np.round(fair + random.choice([-1.0, 1.0], (2, count)), 2)
    reach = random.exponential(0.3, (2, count)).round(2)
    start = pd.Timestamp("2021-05-03T10:00:00Z")
    return pd.DataFrame(
        {
            "time": start + pd.to_timedelta(np.cumsum(random.integers(1, 4, count)), unit="s"),
            "price_open": opens,
            "price_high": np.maximum(opens, closes) + reach[0],
            "price_low": np.minimum(opens, closes) - reach[1],
            "price_close": closes,
            "volume_traded": random.exponential(0.2, count),
            "trades_count": random.integers(1, 9, count).astype(np.float64),
        }
    )


def seconds_in(file: Path) -> pd.DataFrame:
    """`(n_seconds, 7)`, FRAME_COLUMNS, of either form of `bitcoin.csv`."""
    table = pd.read_csv(file)
    table["time"] = pd.to_datetime(table["time_period_start"], utc=True)
    return table[list(FRAME_COLUMNS)]
