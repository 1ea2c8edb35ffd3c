#!/usr/bin/env python3
"""Makes data/sample/bitcoin.csv and request.json: SYNTHETIC seconds, the same bytes on every run.

A random walk of the middle price, and trades at either side of it, which is why the next close is
best guessed by an average of the last ones. Nothing in it is a real trade. Standard library only.
"""

import csv
import hashlib
import io
import json
import math
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

SAMPLE = Path(__file__).resolve().parent / "sample"
SECONDS = 2_000
SEED = 20191231
START = datetime(2019, 12, 31, tzinfo=UTC)
PRICE = 5000.0
COLUMNS = (
    "time_period_start",
    "time_period_end",
    "time_open",
    "time_close",
    "price_open",
    "price_high",
    "price_low",
    "price_close",
    "volume_traded",
    "trades_count",
)
ASKED = ("price_open", "price_high", "price_low", "price_close", "volume_traded", "trades_count")
WINDOW = 60


def moment(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%S.%f}0Z"


def make_seconds() -> list[dict[str, object]]:
    draw = random.Random(SEED)
    time, middle = START, PRICE
    seconds: list[dict[str, object]] = []
    for _ in range(SECONDS):
        middle *= math.exp(draw.gauss(0, 1e-4))
        trades = 1 + min(int(draw.expovariate(0.6)), 80)
        prices = [
            round(middle * (1 + draw.choice((-1, 1)) * draw.uniform(5e-5, 3e-4)), 2)
            for _ in range(trades)
        ]
        end = time + timedelta(seconds=1)
        values = (
            moment(time),
            moment(end),
            moment(time + timedelta(milliseconds=100)),
            moment(time + timedelta(milliseconds=900)),
            prices[0],
            max(prices),
            min(prices),
            prices[-1],
            round(trades * draw.lognormvariate(-3, 1.5), 8),
            trades,
        )
        seconds.append(dict(zip(COLUMNS, values, strict=True)))
        time += timedelta(seconds=1 + min(int(draw.expovariate(0.5)), 25))
    return seconds


def request_of(seconds: list[dict[str, object]]) -> dict[str, object]:
    """The last minute as clients send it: newest first, the current second without its high."""
    facts = {}
    for lag, second in enumerate(reversed(seconds[-WINDOW:])):
        for name in ASKED:
            if lag or name != "price_high":
                facts[f"{name}_-{lag}" if lag else name] = second[name]
    return {"bitcoin_last_minute": facts}


def main() -> None:
    seconds = make_seconds()
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(seconds)
    files = {
        "bitcoin.csv": text.getvalue().encode(),
        "request.json": (json.dumps(request_of(seconds), indent=1) + "\n").encode(),
    }
    for name, content in files.items():
        (SAMPLE / name).write_bytes(content)
    sums = "".join(f"{hashlib.sha256(c).hexdigest()}  {name}\n" for name, c in files.items())
    (SAMPLE / "SHA256SUMS.bitcoin").write_text(sums)


if __name__ == "__main__":
    main()
