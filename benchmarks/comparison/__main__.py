"""Start every server, load them in turns, print one table."""

import argparse
import contextlib
import fcntl
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import psutil
import psycopg

from benchmarks.comparison import load, report
from benchmarks.comparison.case import case_of
from benchmarks.comparison.load import CannotMeasure
from benchmarks.comparison.process import check_free
from benchmarks.comparison.product import ROOT, Product
from benchmarks.comparison.rounds import CONNECTIONS, Comparison
from benchmarks.comparison.targets import PROCESSES, TARGETS
from ops.embedded.servers import Unreachable

NAMES = ("ours", *TARGETS)
# Whatever of these is set belongs to the user's service, not to the ones that are measured here.
NOT_INHERITED = ("PYTHONPATH", "DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE")


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks/serving.py", description=__doc__)
    parser.add_argument("--seconds", type=int, default=10, help="length of each measurement")
    parser.add_argument("--rounds", type=int, default=2, help="the fastest of each is shown")
    parser.add_argument("--only", type=_names, default=NAMES, help=",".join(NAMES))
    parser.add_argument("--data", type=Path, help="folder with the three home files, as for bin/up")
    parser.add_argument("--port", type=int, default=8400, help="first of the ports that are used")
    return parser.parse_args()


def _names(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    if unknown := set(names) - set(NAMES):
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(unknown)}")
    return names


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


@contextlib.contextmanager
def work_folder() -> Iterator[Path]:
    """A folder of our own, for one benchmark at a time."""
    folder = Path(os.environ.get("HOUSING_VAR") or ROOT / "var").resolve() / "benchmarks"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CannotMeasure(f"another benchmark runs in {folder}") from None
        yield folder


def environment() -> dict[str, str]:
    """The same for every server: two processes, and one thread per prediction."""
    inherited = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    return inherited | threads | {"WEB_CONCURRENCY": PROCESSES}


def compare(chosen: argparse.Namespace, work: Path, stack: contextlib.ExitStack) -> bool:
    """Whether everything could be measured, without one error."""
    shared = environment()
    product = Product(work=work, port=chosen.port, data=chosen.data, environment=shared)
    comparison = Comparison(chosen.seconds, chosen.rounds, say)
    # Also when it is not measured: the model, the answer and the database are its.
    comparison.add(product.name, product, stack, measured=product.name in chosen.only)
    case = case_of(product, work)
    for offset, (name, kind) in enumerate(TARGETS.items(), start=1):
        if name in chosen.only:
            comparison.add(name, kind(case, chosen.port + offset, shared), stack)
    for line in report.machine():
        say(line)
    say(f"all servers idle: {psutil.cpu_percent(interval=3):.0f} % of the machine is busy")
    before = product.audit_rows()
    comparison.measure()
    lines = [*report.table(comparison.loads), "", *report.ratios(comparison.loads, CONNECTIONS[-1])]
    try:
        comparison.check_audit(product.audit_rows() - before)
    except psycopg.Error as error:
        comparison.failures.append(f"!! the audit rows cannot be counted: {error}")
    for line in ("", *lines, *comparison.remarks, *comparison.failures):
        say(line)
    return not comparison.failures


def main() -> int:
    # Otherwise a SIGTERM would leave the servers behind.
    signal.signal(signal.SIGTERM, _end)
    chosen = options()
    try:
        load.find_wrk()
        for offset in range(len(NAMES)):
            check_free(chosen.port + offset)
        with work_folder() as work, contextlib.ExitStack() as stack:
            return 0 if compare(chosen, work, stack) else 1
    except (CannotMeasure, Unreachable) as error:
        sys.stderr.write(f"benchmarks/serving.py: {error}\n")
        return 2
    except KeyboardInterrupt:
        return 130


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
