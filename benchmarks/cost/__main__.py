"""Load the product, count what its processes and its database used, divide by the requests."""

import argparse
import contextlib
import os
import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType

from benchmarks.comparison import load
from benchmarks.comparison.process import check_free
from benchmarks.comparison.product import Product
from benchmarks.cost.counting import Count, connections, count, counted

SHOWN = ("web", "database: connections", "database: itself", "worker", "client")
GOAL = 10_000
DAY = 86_400


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks/cost_per_request.py", description=__doc__)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--port", type=int, default=8450)
    return parser.parse_args()


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def measure(product: Product, chosen: argparse.Namespace) -> Count:
    """The median round by processor time of the web processes. Of those that had no error."""
    load.run(product.url, product.body, connections=chosen.connections, seconds=5)
    rounds = []
    for _ in range(chosen.rounds):
        # Each begins with full pages in the write-ahead log, as after any checkpoint.
        with contextlib.closing(count(product)) as before:
            found = load.run(
                product.url, product.body, connections=chosen.connections, seconds=chosen.seconds
            )
            rounds.append(counted(product, before, requests=found.requests, rate=found.rate))
        if found.errors:
            raise load.CannotMeasure(f"{found.errors} requests failed")
        say(
            f"  round: {found.rate:,.0f} requests/s, p50 {found.p50:.2f} ms, p99 {found.p99:.2f} ms"
        )
    return sorted(rounds, key=lambda one: one.seconds["web"] / one.requests)[len(rounds) // 2]


def report(found: Count) -> None:
    say("\nper request")
    for name in SHOWN:
        say(f"  {found.microseconds(name):8.1f} µs of a processor  {name}")
    say(f"  {found.wal / found.rows:8,.0f} bytes of write-ahead log per row")
    say(f"  {found.disk / found.rows:8,.0f} bytes of disk per row, indexes included")
    say(f"  {found.rows / found.commits:8.1f} rows per commit")
    say(f"\nfor {GOAL:,} requests/s, as many as these processors would answer at full load")
    for name in SHOWN[:-1]:
        say(f"  {GOAL * found.microseconds(name) / 1e6:8.1f} processors  {name}")
    say(f"  {GOAL * found.wal / found.rows / 1e6:8.1f} MB/s of write-ahead log")
    say(f"  {GOAL * found.disk / found.rows * DAY / 1e9:8,.0f} GB of disk a day")
    say(f"  {GOAL * found.commits / found.rows:8,.0f} commits/s, grouped as they were here")


def main() -> int:
    signal.signal(signal.SIGTERM, _end)
    chosen = options()
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DATABASE_URL", "REDIS_URL", "HOUSING_VAR", "HOUSING_DATA")
    }
    try:
        load.find_wrk()
        check_free(chosen.port)
        with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
            product = Product(
                work=Path(folder), port=chosen.port, data=chosen.data, environment=environment
            )
            stack.callback(product.stop)
            product.start()
            say(product.version())
            found = measure(product, chosen)
            report(found)
            say("\nconnections to the database")
            for name, number in connections(product):
                say(f"  {number:8d} {name}")
    except load.CannotMeasure as error:
        sys.stderr.write(f"benchmarks/cost_per_request.py: {error}\n")
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
