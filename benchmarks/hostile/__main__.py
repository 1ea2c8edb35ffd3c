"""A service of our own: how fast it is, how it takes all attacks, and how fast it is then."""

import argparse
import base64
import contextlib
import statistics
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg

from benchmarks.admitting.__main__ import busy_seconds
from benchmarks.comparison import load, report
from benchmarks.comparison.__main__ import environment, say, work_folder
from benchmarks.comparison.load import CannotMeasure, Load
from benchmarks.comparison.process import check_free
from benchmarks.comparison.product import ROOT, Product
from benchmarks.hostile.everything import (
    FILES_AT_A_TIME,
    Listener,
    contents,
    faults_of,
    many_attacks,
    rare_attacks,
)
from benchmarks.hostile.holding import IDLE, Holding
from benchmarks.hostile.payloads import Bait
from benchmarks.hostile.pickles import pickle_attacks
from benchmarks.hostile.wire import Answer, Attack, send_all, with_header
from ops.embedded.servers import Unreachable

CONNECTIONS = 16
WARM_UP_SECONDS = 2
MOST_LOST = 0.10


@dataclass
class Speed:
    """In one of the states; medians of its rounds."""

    loads: list[Load] = field(default_factory=list)
    microseconds: list[float] = field(default_factory=list)
    """Of a processor in the web processes, for one request."""

    @property
    def rate(self) -> float:
        return statistics.median(seen.rate for seen in self.loads)

    @property
    def processor(self) -> float:
        return statistics.median(self.microseconds)


class Attacked:
    def __init__(self, product: Product, port: int, seconds: int) -> None:
        self._product, self._port, self._seconds = product, port, seconds
        self.speeds = {name: Speed() for name in ("before", "held", "after")}
        self.faults: list[str] = []

    def measure(self, name: str) -> None:
        url, body = self._product.url, self._product.body
        server = _gunicorn(self._port)
        load.run(url, body, connections=CONNECTIONS, seconds=WARM_UP_SECONDS)
        before = busy_seconds(server)
        seen = load.run(url, body, connections=CONNECTIONS, seconds=self._seconds)
        if seen.errors:
            self.faults.append(f"{name}: {seen.errors} errors while it was measured")
        speed = self.speeds[name]
        speed.loads.append(seen)
        speed.microseconds.append((busy_seconds(server) - before) / seen.requests * 1e6)

    def attack(self, work: Path, key: str) -> None:
        """Half of them with a key; then all pickles, by staff."""
        with Listener() as listener, self._database() as database:
            bait = Bait(work / "bait", listener.port)
            bait.folder.mkdir()
            before = contents(database)
            many, rare = (
                [
                    attack if place % 2 else with_header(attack, "Authorization", f"Bearer {key}")
                    for place, attack in enumerate(kind(bait, self._product.home))
                ]
                for kind in (many_attacks, rare_attacks)
            )
            token = f"admin:{self._product.admin_password()}".encode()
            staff = f"Basic {base64.b64encode(token).decode()}"
            models = [with_header(a, "Authorization", staff) for a in pickle_attacks(bait)]
            self._send("models", models, connections=2)
            self._send("files and framing", rare, connections=FILES_AT_A_TIME)
            self._send("all else", many, connections=8)
            after = contents(database)
            kept = after.pop("modelregistry_modelversion")
            say(f"versions kept, marked: {kept - before.pop('modelregistry_modelversion')}")
            if changed := {
                n: (before[n], after.get(n)) for n in before if before[n] != after.get(n)
            }:
                self.faults.append(f"changed: {changed}")
            if listener.heard or list(bait.folder.iterdir()):
                self.faults.append("something was executed")

    def _send(self, name: str, attacks: list[Attack], connections: int) -> None:
        began = time.monotonic()
        answers = send_all(self._port, attacks, connections=connections, patience=90)
        seconds = time.monotonic() - began
        say(f"{name}: {len({a.content for a in attacks}):,} different ones in {seconds:.0f} s")
        for line in by_category(answers):
            say(f"  {line}")
        for answer in answers:
            self.faults += [f"{answer.attack.name}: {fault}" for fault in faults_of(answer)]

    def _database(self) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(self._product.database_url, autocommit=True)


def by_category(answers: list[Answer]) -> list[str]:
    found: dict[str, Counter[int]] = {}
    for answer in answers:
        found.setdefault(answer.attack.category, Counter())[answer.status] += 1
    return [
        f"{category:<24}{statuses.total():>7,}  "
        + ", ".join(
            f"{status or 'closed'}: {count:,}" for status, count in sorted(statuses.items())
        )
        for category, statuses in sorted(found.items())
    ]


def make_key(product: Product) -> str:
    made = subprocess.run(
        [str(ROOT / "bin" / "manage"), "make_key", "hostile", "--scope", "predict"],
        env=product.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return made.stdout.strip()


def _gunicorn(port: int) -> int:
    """The parent of the processes that answer there."""
    for process in psutil.process_iter(["cmdline"]):
        command = " ".join(process.info["cmdline"] or [])
        if "gunicorn" in command and f":{port}" in command:
            parent = process.parent()
            above = " ".join(parent.cmdline()) if parent else ""
            return process.pid if "gunicorn" not in above else parent.pid  # type: ignore[union-attr]
    raise CannotMeasure("there is no gunicorn")


def run(chosen: argparse.Namespace, work: Path, stack: contextlib.ExitStack) -> bool:
    """Whether nothing was executed, nothing failed and it is as fast as before."""
    product = Product(work=work, port=chosen.port, data=chosen.data, environment=environment())
    stack.callback(product.stop)
    product.start()
    key = make_key(product)
    for line in report.machine():
        say(line)
    attacked = Attacked(product, chosen.port, chosen.seconds)
    rounds = range(chosen.rounds)
    for _ in rounds:
        attacked.measure("before")
        with Holding(chosen.port) as holding:
            attacked.measure("held")
            open_idle = holding.open_idle()
        say(f"held: {open_idle} of {IDLE} idle connections open")
    attacked.attack(work, key)
    for _ in rounds:
        attacked.measure("after")
    say(f"{'':<10}{'requests/s':>12}{'p50 ms':>9}{'p99 ms':>9}{'µs/request':>12}  by round")
    for name, speed in attacked.speeds.items():
        best = report.best(speed.loads)
        each = " ".join(f"{seen.rate:,.0f}" for seen in speed.loads)
        say(
            f"{name:<10}{speed.rate:>12,.0f}{best.p50:>9.2f}{best.p99:>9.2f}"
            f"{speed.processor:>12.0f}  {each}"
        )
    before = attacked.speeds["before"].rate
    for name in ("held", "after"):
        rate = attacked.speeds[name].rate
        say(f"{name}: {rate / before - 1:+.1%} of the requests/s")
        if rate < (1 - MOST_LOST) * before:
            attacked.faults.append(f"{name}: slower than it may be")
    for fault in attacked.faults[:40]:
        say(f"!! {fault}")
    return not attacked.faults


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks/hostile.py", description=__doc__)
    parser.add_argument("--seconds", type=int, default=8, help="length of each measurement")
    parser.add_argument("--rounds", type=int, default=3, help="of each state")
    parser.add_argument("--data", type=Path, help="folder with the three home files, as for bin/up")
    parser.add_argument("--port", type=int, default=8440)
    chosen = parser.parse_args()
    try:
        load.find_wrk()
        check_free(chosen.port)
        with work_folder() as work, contextlib.ExitStack() as stack:
            return 0 if run(chosen, work, stack) else 1
    except (CannotMeasure, Unreachable) as error:
        sys.stderr.write(f"benchmarks/hostile.py: {error}\n")
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
