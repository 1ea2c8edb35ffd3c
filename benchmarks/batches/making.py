"""Real homes, again and again, no two alike."""

import csv
import random
from pathlib import Path


def write_rows(source: Path, target: Path, count: int) -> None:
    """Position and lot differ a little each time; what has to add up stays as it is."""
    chance = random.Random(20_150_527)  # noqa: S311
    with source.open(newline="") as file:
        homes = list(csv.DictReader(file))
    with target.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(homes[0])
        for place in range(count):
            home = dict(homes[place % len(homes)])
            if place >= len(homes):
                home["lat"] = f"{float(home['lat']) + chance.gauss(0, 0.002):.4f}"
                home["long"] = f"{float(home['long']) + chance.gauss(0, 0.002):.4f}"
                for lot in ("sqft_lot", "sqft_lot15"):
                    home[lot] = str(max(500, round(int(home[lot]) * chance.uniform(0.9, 1.1))))
            writer.writerow(home.values())
