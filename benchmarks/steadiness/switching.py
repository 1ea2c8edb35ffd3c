"""A switch every two seconds, half of them by raw SQL, half by the API, under load."""

import base64
import contextlib
import http.client
import json
import subprocess
import threading
import time
from collections.abc import Callable

import psycopg

from benchmarks.asking import Askers
from benchmarks.comparison import load
from benchmarks.comparison.load import CannotMeasure
from benchmarks.comparison.product import ROOT, Product
from benchmarks.steadiness.counting import check_log, percentile, statuses
from benchmarks.steadiness.failures import workers

CONNECTIONS = 16
EVERY_SECONDS = 2.0
SLICE_SECONDS = 5
SWITCH = (
    "UPDATE modelregistry_modelversion SET is_active = (version = %s) WHERE predictor = 'homes'"
)
# How long after the switch each process answered with the new version, by the database's clock.
CONVERGED = """
    SELECT extract(epoch FROM max(p.since) - a.at), count(*)
    FROM modelregistry_servingprocess p,
         (SELECT * FROM modelregistry_activation ORDER BY id DESC LIMIT 1) a
    WHERE p.model_version_id = a.to_version_id AND p.seen_at > a.at AND p.since > a.at
    GROUP BY a.at
"""


class Switcher:
    """A context: switches between two versions until it ends, and times each."""

    def __init__(self, product: Product, versions: tuple[int, int]) -> None:
        self.seconds: list[float] = []
        self._product = product
        self._versions = versions
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Switcher":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        turn = 0
        with psycopg.connect(self._product.database_url, autocommit=True) as connection:
            while not self._stopping.wait(EVERY_SECONDS):
                version = self._versions[turn % 2]
                if turn % 4 < 2:
                    connection.execute(SWITCH, [version])
                else:
                    activate(self._product, version)
                self.seconds.append(self._converged(connection))
                turn += 1

    def _converged(self, connection: psycopg.Connection) -> float:
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            row = connection.execute(CONVERGED).fetchone()
            if row is not None and row[1] == 2:
                return float(row[0])
            time.sleep(0.02)
        return float("inf")


def activate(product: Product, version: int) -> None:
    """As an operator's program does; the administrator's password is in the banner of bin/up."""
    connection = http.client.HTTPConnection(product.address, timeout=30)
    user = base64.b64encode(f"admin:{product.admin_password()}".encode()).decode()
    connection.request(
        "POST",
        f"/api/models/homes/{version}/activate/",
        json.dumps({"reason": "benchmark"}),
        {"Authorization": f"Basic {user}", "Content-Type": "application/json"},
    )
    response = connection.getresponse()
    if response.status != 200:
        raise CannotMeasure(f"activating answers {response.status}: {response.read()!r}")
    connection.close()


def manage(product: Product, *arguments: str) -> None:
    command = [str(ROOT / "bin" / "manage"), *arguments]
    subprocess.run(command, env=product.environment, check=True, capture_output=True)


def show(product: Product, seconds: int, say: Callable[[str], None]) -> bool:
    manage(product, "train_model", "homes", "--recipe", "basic")
    with (
        Switcher(product, (2, 1)) as switcher,
        Askers([product.address], product.home, connections=CONNECTIONS) as askers,
    ):
        time.sleep(seconds)
    missing, twice, other = check_log(product, askers.replies)
    failed = [reply for reply in askers.replies if reply.status != 200]
    say(f"{CONNECTIONS} connections for {seconds} s, {len(switcher.seconds)} switches:")
    say(f"  replies: {statuses(askers.replies)}; failed: {len(failed)}")
    say(f"  not in the log: {missing}; twice: {twice}; of another version in the log: {other}")
    say(
        f"  every process answers with the new version after: median "
        f"{percentile(switcher.seconds, 0.5):.3f} s, longest {max(switcher.seconds):.3f} s"
    )
    _compare_latency(product, seconds, say)
    memory = [process.memory_info().rss / 2**20 for process in workers(product)]
    say(f"  resident memory of the web processes: {', '.join(f'{mb:.0f} MB' for mb in memory)}")
    return not failed and not missing and not twice and not other


def _compare_latency(product: Product, seconds: int, say: Callable[[str], None]) -> None:
    """Slices in turns: what else comes over the machine, a checkpoint too, comes over both."""
    without: list[load.Load] = []
    with_: list[load.Load] = []
    for number in range(max(2, round(seconds / SLICE_SECONDS / 2))):
        for is_switching in (False, True) if number % 2 == 0 else (True, False):
            with Switcher(product, (2, 1)) if is_switching else contextlib.nullcontext():
                seen = load.run(
                    product.url, product.body, connections=CONNECTIONS, seconds=SLICE_SECONDS
                )
            (with_ if is_switching else without).append(seen)
    for title, loads in (("without switches", without), ("with switches", with_)):
        say(
            f"  wrk, {len(loads)} slices of {SLICE_SECONDS} s {title}: p99 "
            f"{percentile([it.p99 for it in loads], 0.5):.1f} ms (median; "
            f"{', '.join(f'{it.p99:.0f}' for it in loads)}), "
            f"{percentile([it.rate for it in loads], 0.5):.0f} requests/s, "
            f"{sum(it.errors for it in loads)} errors"
        )
