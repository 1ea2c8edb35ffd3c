#!/usr/bin/env python3
"""What an idempotency key costs: requests per second without one, with a new one each, and with
the same again and again, by turns.

    python3 benchmarks/idempotency.py [--url http://127.0.0.1:8000] [--seconds 10] [--rounds 3]

Of a running service that is open (`bin/up`). The medians of the rounds are shown.
"""

import argparse
import json
import secrets
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.comparison import load
from benchmarks.comparison.load import CannotMeasure, Load

HOME = {
    "bedrooms": 4,
    "bathrooms": 1.0,
    "sqft_living": 1680,
    "sqft_lot": 5043,
    "floors": 1.5,
    "waterfront": 0,
    "view": 0,
    "condition": 4,
    "grade": 6,
    "sqft_above": 1680,
    "sqft_basement": 0,
    "yr_built": 1911,
    "yr_renovated": 0,
    "zipcode": "98118",
    "lat": 47.5354,
    "long": -122.273,
    "sqft_living15": 1560,
    "sqft_lot15": 5765,
}
KINDS = {"no key": "", "a new key each": "%d", "the same key": "same"}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--seconds", type=float, default=10, help="length of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    try:
        for connections in (1, 16):
            measured = measure(chosen, connections)
            alone = rate(measured["no key"])
            for kind, loads in measured.items():
                say(connections, kind, loads, alone)
    except CannotMeasure as error:
        sys.stderr.write(f"benchmarks/idempotency.py: {error}\n")
        return 2
    return 0


def measure(chosen: argparse.Namespace, connections: int) -> dict[str, list[Load]]:
    loads: dict[str, list[Load]] = {kind: [] for kind in KINDS}
    for turn in range(chosen.rounds + 1):
        for kind, key in KINDS.items():
            found = load.run(
                f"{chosen.url}/api/predict/",
                json.dumps(HOME).encode(),
                connections=connections,
                seconds=2 if turn == 0 else chosen.seconds,
                keys=f"{secrets.token_hex(8)}-{key}" if key else "",
            )
            if found.errors:
                raise CannotMeasure(f"{kind}: {found.errors} of {found.requests} failed")
            if turn:  # the first is to warm up
                loads[kind].append(found)
    return loads


def rate(loads: list[Load]) -> float:
    return statistics.median(one.rate for one in loads)


def say(connections: int, kind: str, loads: list[Load], alone: float) -> None:
    p50 = statistics.median(one.p50 for one in loads)
    p99 = statistics.median(one.p99 for one in loads)
    sys.stdout.write(
        f"{connections:3} connections, {kind:15} {rate(loads):7.0f}/s  {rate(loads) / alone:4.2f}  "
        f"p50 {p50:5.1f} ms  p99 {p99:6.1f} ms\n"
    )


if __name__ == "__main__":
    sys.exit(main())
