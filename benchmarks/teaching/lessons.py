"""Seconds to ask with and seconds to learn from, from those that the product has stored."""

import json
import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.comparison.load import CannotMeasure
from benchmarks.comparison.product import Product

COLUMNS = (
    "price_open",
    "price_high",
    "price_low",
    "price_close",
    "volume_traded",
    "trades_count",
)
WINDOW = 60
NEW = 60
"""Examples in a lesson."""
MOVED = 5e-5
"""Up to half a basis point."""
Second = dict[str, Any]


def stored(product: Product, most: int) -> list[Second]:
    """The newest, oldest first: `time` and the six numbers of each."""
    names = ", ".join(("time", *COLUMNS))
    query = f"SELECT {names} FROM bitcoin_second ORDER BY time DESC LIMIT %s"  # noqa: S608
    with psycopg.connect(product.database_url) as connection:
        rows = connection.execute(query.encode(), [most]).fetchall()
    if len(rows) < 2 * (WINDOW + NEW):
        raise CannotMeasure(f"there are only {len(rows)} stored seconds")
    return [dict(zip(("time", *COLUMNS), row, strict=True)) for row in reversed(rows)]


def write_questions(seconds: list[Second], path: Path) -> None:
    """One request in each line: every window of sixty, flat, newest second first."""
    lines = []
    for end in range(WINDOW, len(seconds) + 1):
        flat = {}
        for lag, second in enumerate(reversed(seconds[end - WINDOW : end])):
            for name in COLUMNS:
                if lag or name != "price_high":
                    flat[f"{name}_-{lag}" if lag else name] = second[name]
        lines.append(json.dumps({"bitcoin_last_minute": flat}))
    path.write_text("\n".join(lines) + "\n")


def lesson(seconds: list[Second], number: int) -> bytes:
    """Some of `seconds`, days later, each price moved a little: nobody has learned them yet."""
    draw = random.Random(number)  # noqa: S311
    first = number * NEW % (len(seconds) - WINDOW - NEW)
    sent = []
    for second in seconds[first : first + WINDOW + NEW]:
        moved = {name: second[name] * (1 + draw.uniform(-MOVED, MOVED)) for name in COLUMNS[:4]}
        moved["price_high"], moved["price_low"] = max(moved.values()), min(moved.values())
        time = second["time"] + timedelta(days=1 + number)
        sent.append({"time_period_start": time.isoformat(), **second, **moved})
        del sent[-1]["time"]
    return json.dumps({"seconds": sent}).encode()
