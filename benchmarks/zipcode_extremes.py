"""How far off estimates of the homes are that are beyond all others of their zipcode in a fact.

    python -m benchmarks.zipcode_extremes var/artifacts/homes/…/model.pkl

The file is of a champion, which keeps of every sale what a model that had not seen it said.
"""

import pickle
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

from predictors.homes.ml.champion.cautions import RANGED, ZIPCODE
from predictors.homes.ml.champion.features import INPUTS
from predictors.homes.ml.champion.model import Champion

FEWEST = 15
"""Homes that are worth a line."""


def alone(values: npt.NDArray[np.float64], zipcodes: npt.NDArray[np.float64]) -> list[int]:
    """Places of those whose value is above that of every other sale of their zipcode."""
    found = []
    for zipcode in np.unique(zipcodes):
        places = np.flatnonzero(zipcodes == zipcode)
        order = places[np.argsort(values[places])]
        if len(order) > 1 and values[order[-1]] > values[order[-2]]:
            found.append(int(order[-1]))
    return found


def main(path: Path) -> None:
    with path.open("rb") as file:
        champion = pickle.load(file)  # our own file
    if not isinstance(champion, Champion):
        sys.exit(f"{path} is no champion")
    sold = champion.sold
    errors = np.abs(sold.estimates / sold.prices - 1) * 100
    zipcodes = sold.inputs[:, ZIPCODE]
    lines = [f"| all | | {len(errors)} | {np.median(errors):.1f} % |"]
    for name in RANGED:
        values = sold.inputs[:, INPUTS.index(name)]
        for side, sign in (("above", 1), ("below", -1)):
            homes = alone(sign * values, zipcodes)
            if len(homes) >= FEWEST:
                middle = np.median(errors[homes])
                lines.append(f"| {name} | {side} | {len(homes)} | {middle:.1f} % |")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
