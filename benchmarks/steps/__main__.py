"""Times each step of an answer in this process, beside the same by data frame and pickle."""

import argparse
import contextlib
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.comparison import report
from benchmarks.comparison.__main__ import environment, say, work_folder
from benchmarks.comparison.product import Product

CALLS = 5000


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks/in_process.py", description=__doc__)
    parser.add_argument("--data", type=Path, help="folder with the three home files, as for bin/up")
    chosen = parser.parse_args()
    with work_folder() as work, contextlib.ExitStack() as stack:
        product = Product(work=work, port=8480, data=chosen.data, environment=environment())
        stack.callback(product.stop)
        product.start()
        for line in report.machine():
            say(line)
        measure(product)
    return 0


def measure(product: Product) -> None:
    os.environ |= {
        "DATABASE_URL": product.database_url,
        "REDIS_URL": "redis://127.0.0.1:9",
        "HOUSING_SECRET_KEY": (product.var / "secret_key").read_text(),
        "HOUSING_VAR": str(product.var),
        "DJANGO_SETTINGS_MODULE": "housing_api.settings",
    }
    import django

    django.setup()
    # Only now: these are parts of the product, which needs its settings.
    from benchmarks.steps import steps

    for name, step in steps.steps(product.body):
        say(f"{name:44} {median(step):9.1f} µs")


def median(step: Callable[[], object]) -> float:
    """Of CALLS calls after a warm-up, µs."""
    for _ in range(200):
        step()
    times = []
    for _ in range(CALLS):
        started = time.perf_counter()
        step()
        times.append(time.perf_counter() - started)
    return statistics.median(times) * 1e6


if __name__ == "__main__":
    sys.exit(main())
