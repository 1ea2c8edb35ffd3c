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
MEMBER_CALLS = 500


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
    from benchmarks.steps.counting import counted_requests
    from benchmarks.steps.whole import whole
    from modelregistry.loading import load
    from modelregistry.models import ModelVersion
    from predictions import recording, serving

    serving.start()
    recording.start_writing()
    for name in ("basic", "champion"):
        model = load(ModelVersion.objects.get(predictor="homes", name=name))
        say(f"{name}:")
        for title, step in steps.steps(product.body, model):
            say(f"  {title:44} {median(step):9.1f} µs")
    for title, step in steps.members(product.body, model):
        say(f"  {title:44} {median(step, MEMBER_CALLS):9.1f} µs")
    for line in whole(model):
        say(f"  {line}")
    serving.stop()
    for line in counted_requests(product.var / "benchmark", median):
        say(f"  {line}")


def median(step: Callable[[], object], calls: int = CALLS) -> float:
    """Of so many calls after a warm-up, µs."""
    for _ in range(calls // 25):
        step()
    times = []
    for _ in range(calls):
        started = time.perf_counter()
        step()
        times.append(time.perf_counter() - started)
    return statistics.median(times) * 1e6


if __name__ == "__main__":
    sys.exit(main())
