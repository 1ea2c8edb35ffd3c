"""Ask at a steady rate, train through the API meanwhile, print both latencies and the run."""

import argparse
import base64
import contextlib
import http.client
import itertools
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.asking import Askers, Reply
from benchmarks.comparison import report
from benchmarks.comparison.__main__ import environment, say, work_folder
from benchmarks.comparison.load import CannotMeasure
from benchmarks.comparison.process import check_free
from benchmarks.comparison.product import Product
from benchmarks.steadiness.counting import check_log, percentile, statuses

CONNECTIONS = 8
WARM_UP_SECONDS = 5
LONGEST_SECONDS = 1800
MOST = 2.0
"""How much longer the slowest hundredth may wait while a model is trained."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks/training.py", description=__doc__)
    parser.add_argument("--seconds", type=int, default=30, help="without training: before, after")
    parser.add_argument("--rate", type=int, default=200, help="requests per second")
    parser.add_argument("--recipe", default="champion")
    parser.add_argument("--data", type=Path, help="folder with the three home files, as for bin/up")
    parser.add_argument("--port", type=int, default=8460)
    chosen = parser.parse_args()
    try:
        check_free(chosen.port)
        with work_folder() as work, contextlib.ExitStack() as stack:
            product = Product(
                work=work, port=chosen.port, data=chosen.data, environment=environment()
            )
            stack.callback(product.stop)
            product.start()
            for line in report.machine():
                say(line)
            return 0 if show(product, chosen, say) else 1
    except CannotMeasure as error:
        sys.stderr.write(f"benchmarks/training.py: {error}\n")
        return 2


def show(product: Product, chosen: argparse.Namespace, say: Callable[[str], None]) -> bool:
    every = CONNECTIONS / chosen.rate
    with Askers([product.address], product.home, connections=CONNECTIONS, every=every) as askers:
        time.sleep(WARM_UP_SECONDS)
        moments = [time.monotonic()]
        time.sleep(chosen.seconds)
        moments.append(time.monotonic())
        run = train(product, chosen.recipe)
        moments.append(time.monotonic())
        time.sleep(chosen.seconds)
        moments.append(time.monotonic())
    before, during, after = (
        [reply for reply in askers.replies if start <= reply.sent < end]
        for start, end in itertools.pairwise(moments)
    )
    (sales,) = product.row("SELECT count(*) FROM homes_sale")
    say(f"{chosen.rate} requests/s on {CONNECTIONS} connections, {sales:,} sales in the table:")
    for title, replies in (("before", before), ("while it trains", during), ("after", after)):
        say(f"  {title:<16}{latencies(replies)}")
    say(
        f"  the run: {run['state']}, {run['summary']}; {run['seconds']:.1f} s, "
        f"peak memory {run['peak_memory_mb']} MB"
    )
    versions = Counter(reply.version for reply in during)
    missing, twice, other = check_log(product, askers.replies)
    say(f"  answers while it trains, by version named: {dict(versions)}")
    say(f"  in all: {statuses(askers.replies)}; not in the log: {missing}; twice: {twice}; "
        f"of another version in the log: {other}")  # fmt: skip
    ratio = _p99(during) / _p99(before + after)
    say(f"  p99 while it trains: {ratio:.2f} times that without")
    failed = sum(reply.status != 200 for reply in askers.replies)
    return not (failed or missing or twice or other) and ratio <= MOST and _is_good(run)


def latencies(replies: Sequence[Reply]) -> str:
    seconds = max(reply.sent for reply in replies) - min(reply.sent for reply in replies)
    shown = ", ".join(
        f"{name} {percentile([reply.seconds for reply in replies], share) * 1000:.1f} ms"
        for name, share in (("p50", 0.5), ("p99", 0.99), ("longest", 1.0))
    )
    return f"{shown}; {len(replies)} requests, {len(replies) / seconds:.0f}/s"


def _p99(replies: Sequence[Reply]) -> float:
    return percentile([reply.seconds for reply in replies], 0.99)


def _is_good(run: dict[str, Any]) -> bool:
    return run["state"] == "succeeded" and run["version"] is not None


def train(product: Product, recipe: str) -> dict[str, Any]:
    """Through the API, to its end; the run."""
    run = _ask(product, "POST", "/api/models/homes/train/", {"recipe": recipe, "forced": True})
    deadline = time.monotonic() + LONGEST_SECONDS
    # Its process ends a moment after it has registered the version.
    while run["finished_at"] is None or run["peak_memory_mb"] is None:
        if time.monotonic() > deadline:
            raise CannotMeasure(f"the run has not ended: {run}")
        time.sleep(0.5)
        run = _ask(product, "GET", run["url"])
    return run


def _ask(product: Product, method: str, path: str, body: Any = None) -> dict[str, Any]:
    """As an operator's program does; the administrator's password is in the banner of bin/up."""
    connection = http.client.HTTPConnection(product.address, timeout=30)
    user = base64.b64encode(f"admin:{product.admin_password()}".encode()).decode()
    headers = {"Authorization": f"Basic {user}", "Content-Type": "application/json"}
    connection.request(method, path, body and json.dumps(body), headers)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    if response.status not in (200, 202):
        raise CannotMeasure(f"{path} answers {response.status}: {content!r}")
    found: dict[str, Any] = json.loads(content)
    return found


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "housing_api.settings")
    sys.exit(main())
