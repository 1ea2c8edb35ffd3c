"""How often drift alarms without drift, and with the living area times 1.3.

    python benchmarks/drift.py /path/to/data [windows]

Windows are drawn without replacement from the sales in `kc_house_data.csv`, joined to the
demographics beside it; profile and comparison are the service's own, inputs those of recipe
`basic`. `chance`: at least one input beyond what chance alone should reach in 1 % of windows.
`alert`: the rule with its defaults. `found`: sqft_living alarms when it is 1.3 times as large.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parent.parent))

from learning.drift import SHIFTED, compare, profile_of
from predictors.homes.ml.basic import FEATURES

AREAS = ("sqft_living", "sqft_above", "sqft_basement")


def main(folder: Path, windows: int) -> None:
    text = {"zipcode": str}
    sales = pd.read_csv(folder / "kc_house_data.csv", dtype=text)
    homes = sales.merge(pd.read_csv(folder / "zipcode_demographics.csv", dtype=text), on="zipcode")
    rows, prices = homes[list(FEATURES)].to_numpy(float), homes["price"].to_numpy(float)
    scaled = rows.copy()
    for name in AREAS:
        scaled[:, FEATURES.index(name)] = np.round(scaled[:, FEATURES.index(name)] * 1.3)
    profile = profile_of(rows=rows, predictions=prices, feature_names=FEATURES)
    draw = np.random.default_rng(3)
    sys.stdout.write("| requests | windows | chance | alert | found |\n|---|---|---|---|---|\n")
    for size in (300, 500, 1_000, 5_000):
        counts = [0, 0, 0]
        for _ in range(windows):
            chosen = draw.choice(len(rows), size, replace=False)
            asked = {"predictions": prices[chosen], "false_alarms": 0.01}
            same = compare(profile, rows=rows[chosen], **asked)
            shifts = [*same.features.values(), same.prediction]
            living = compare(profile, rows=scaled[chosen], **asked).features["sqft_living"]
            counts[0] += any(shift.psi > shift.noise for shift in shifts)
            counts[1] += any(shift.psi >= max(SHIFTED, shift.noise) for shift in shifts)
            counts[2] += living.psi >= max(SHIFTED, living.noise)
        sys.stdout.write(f"| {size} | {windows} | {' | '.join(map(str, counts))} |\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 500)
