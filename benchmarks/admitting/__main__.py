"""Three services on one database, loaded in turns: open, by key, by key and with limits."""

import argparse
import contextlib
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from benchmarks.comparison import load, report
from benchmarks.comparison.__main__ import environment, say, work_folder
from benchmarks.comparison.load import CannotMeasure, Load
from benchmarks.comparison.process import Process, check_free
from benchmarks.comparison.product import ROOT, Product
from ops.embedded.servers import Servers, Unreachable

CONNECTIONS = 16
WARM_UP_SECONDS = 2
KINDS = {
    "open": {"HOUSING_ACCESS": "open"},
    "keys": {"HOUSING_ACCESS": "keys"},
    # So far away that nobody is refused.
    "keys and limits": {
        "HOUSING_ACCESS": "keys",
        "HOUSING_KEY_LIMIT": "100000000",
        "HOUSING_ADDRESS_LIMIT": "600",
    },
}
MOST_COST = 0.05


@dataclass
class Kind:
    name: str
    url: str
    bearer: str
    pid: int
    loads: list[Load] = field(default_factory=list)
    microseconds: list[float] = field(default_factory=list)
    """Of a processor in the web processes, for one request."""

    def measure(self, body: bytes, seconds: int) -> None:
        key = self.bearer if self.name != "open" else ""
        load.run(
            self.url, body, connections=CONNECTIONS, seconds=WARM_UP_SECONDS, authorization=key
        )
        before = busy_seconds(self.pid)
        seen = load.run(self.url, body, connections=CONNECTIONS, seconds=seconds, authorization=key)
        if seen.errors:
            raise CannotMeasure(f"{self.name}: {seen.errors} errors")
        self.loads.append(seen)
        self.microseconds.append((busy_seconds(self.pid) - before) / seen.requests * 1e6)

    @property
    def rate(self) -> float:
        return statistics.median(seen.rate for seen in self.loads)

    @property
    def processor(self) -> float:
        return statistics.median(self.microseconds)


def busy_seconds(pid: int) -> float:
    """Of a gunicorn and its processes, since their starts."""
    family = [psutil.Process(pid), *psutil.Process(pid).children()]
    times = [process.cpu_times() for process in family]
    return sum(each.user + each.system for each in times)


@contextlib.contextmanager
def kinds(product: Product, port: int, work: Path) -> Iterator[list[Kind]]:
    with Servers(product.var, product.environment) as servers, contextlib.ExitStack() as stack:
        common = {**product.environment, **servers.environment}
        secret = subprocess.run(
            [str(ROOT / "bin" / "manage"), "make_key", "benchmark", "--scope", "predict"],
            env=product.environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        found = []
        for offset, (name, settings) in enumerate(KINDS.items(), start=1):
            address = f"127.0.0.1:{port + offset}"
            process = Process(
                name,
                [
                    *(sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py"),
                    *("--bind", address, "housing_api.wsgi"),
                ],
                log=work / f"{name}.log",
                env=common | settings,
                cwd=ROOT,
            )
            stack.callback(process.stop)
            process.answers(f"http://{address}/readyz", seconds=120)
            url = f"http://{address}/api/predict/"
            found.append(Kind(name, url, f"Bearer {secret}", process.pid))
        yield found


def compare(chosen: argparse.Namespace, work: Path, stack: contextlib.ExitStack) -> bool:
    """Whether keys cost no more than they may."""
    product = Product(work=work, port=chosen.port, data=chosen.data, environment=environment())
    stack.callback(product.stop)
    product.start()
    found = stack.enter_context(kinds(product, chosen.port, work))
    for line in report.machine():
        say(line)
    for number in range(chosen.rounds):
        for kind in found if number % 2 == 0 else reversed(found):
            kind.measure(product.body, chosen.seconds)
    say(f"{'':<16}{'requests/s':>12}{'p50 ms':>9}{'p99 ms':>9}{'µs/request':>12}  by round")
    for kind in found:
        best = report.best(kind.loads)
        rounds = " ".join(f"{seen.rate:,.0f}" for seen in kind.loads)
        say(
            f"{kind.name:<16}{kind.rate:>12,.0f}{best.p50:>9.2f}{best.p99:>9.2f}"
            f"{kind.processor:>12.0f}  {rounds}"
        )
    without, *others = found
    for kind in others:
        say(
            f"{kind.name}: {1 - kind.rate / without.rate:+.1%} of the requests/s, "
            f"{kind.processor - without.processor:+.0f} µs "
            f"({kind.processor / without.processor - 1:+.1%}) of a processor for each"
        )
    return others[0].rate >= (1 - MOST_COST) * without.rate


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks/keys.py", description=__doc__)
    parser.add_argument("--seconds", type=int, default=8, help="length of each measurement")
    parser.add_argument("--rounds", type=int, default=4, help="every other one goes backwards")
    parser.add_argument("--data", type=Path, help="folder with the three home files, as for bin/up")
    parser.add_argument("--port", type=int, default=8420, help="first of four ports")
    chosen = parser.parse_args()
    os.chdir(ROOT)
    try:
        load.find_wrk()
        for offset in range(len(KINDS) + 1):
            check_free(chosen.port + offset)
        with work_folder() as work, contextlib.ExitStack() as stack:
            return 0 if compare(chosen, work, stack) else 1
    except (CannotMeasure, Unreachable) as error:
        sys.stderr.write(f"benchmarks/keys.py: {error}\n")
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
